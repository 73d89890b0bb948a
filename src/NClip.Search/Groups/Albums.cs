using System.Numerics.Tensors;
using NClip.Search.Store;

namespace NClip.Search.Groups;

/// <summary>Clusters with names.</summary>
internal static class Albums
{
    /// <summary>How many albums a gallery of so many pictures has, unless told.</summary>
    public static int Count(int pictures) => Math.Clamp((int)Math.Round(Math.Sqrt(pictures / 2.0)), 1, 60);

    /// <summary>The albums, largest first.</summary>
    /// <param name="gallery">All pictures.</param>
    /// <param name="count">How many.</param>
    /// <param name="labels">Names to choose from.</param>
    /// <param name="names">Their features.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyList<Album> Of(GalleryContents gallery, int count, IReadOnlyList<string> labels, Matrix names, CancellationToken cancellation)
    {
        if (gallery.Vectors.Rows == 0) return [];
        var (middles, of) = SphericalKMeans.Fit(gallery.Vectors, count, cancellation);
        var pictures = gallery.Pictures.GroupBy(p => of[p.Row]).ToDictionary(g => g.Key, g => g.ToArray());
        var order = pictures.Keys.OrderByDescending(c => pictures[c].Length).ThenBy(c => c).ToArray();
        var called = Names(order, middles.TimesTransposed(names.Normalized(), cancellationToken: cancellation), labels);
        return [.. order.Select(c => new Album(called[c], [.. pictures[c]
            .OrderByDescending(p => TensorPrimitives.Dot(gallery.Vectors.Row(p.Row), middles.Row(c))).ThenBy(p => p.Path, StringComparer.Ordinal).Select(p => p.Path)]))];
    }

    // The label by which a cluster stands out from the others; each label names one, the best fit first.
    private static Dictionary<int, string> Names(int[] clusters, Matrix scores, IReadOnlyList<string> labels)
    {
        var mean = Enumerable.Range(0, labels.Count).Select(l => clusters.Average(c => scores[c, l])).ToArray();
        var (called, taken) = (new Dictionary<int, string>(), new HashSet<int>());
        foreach (var (cluster, label) in clusters.SelectMany(c => Enumerable.Range(0, labels.Count).Select(l => (c, l))).OrderByDescending(p => scores[p.c, p.l] - (0.5f * mean[p.l])))
            if (!called.ContainsKey(cluster) && taken.Add(label)) called.Add(cluster, labels[label]);
        foreach (var (i, c) in clusters.Index()) called.TryAdd(c, FormattableString.Invariant($"album {i + 1}"));
        return called;
    }
}
