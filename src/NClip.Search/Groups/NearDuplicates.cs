using NClip.Search.Store;

namespace NClip.Search.Groups;

/// <summary>Groups of near-duplicates: each picture goes to the best one that it is near to, so no chain of small steps joins what is unlike.</summary>
internal static class NearDuplicates
{
    // What makes one of two pictures the better: the first that tells them apart.
    private static readonly (string Reason, Func<StoredPicture, IComparable> By)[] _better =
    [
        ("most pixels", p => (long)(p.Facts.Width ?? 0) * (p.Facts.Height ?? 0)),
        ("has its date", p => p.Facts.Taken is not null),
        ("largest file", p => p.Size),
        ("shortest path", p => -p.Path.Length),
    ];

    /// <summary>The groups, largest first.</summary>
    /// <param name="gallery">All pictures.</param>
    /// <param name="threshold">Least cosine of two that show the same.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyList<DuplicateGroup> Of(GalleryContents gallery, float threshold, CancellationToken cancellation)
    {
        var near = NearPairs.Of(gallery.Vectors, threshold, cancellation);
        var ofRow = gallery.Pictures.ToLookup(p => p.Row);
        var (taken, groups) = (new HashSet<StoredPicture>(ReferenceEqualityComparer.Instance), new List<DuplicateGroup>());
        foreach (var keep in gallery.Pictures.Order(Comparer<StoredPicture>.Create(Compare)))
        {
            if (!taken.Add(keep)) continue;
            var others = near[keep.Row].Append((Row: keep.Row, Score: 1f))
                .SelectMany(n => ofRow[n.Row].Where(p => taken.Add(p)).Select(p => (Picture: p, n.Score)))
                .OrderByDescending(o => o.Score).ThenBy(o => o.Picture.Path, StringComparer.Ordinal).ToArray();
            if (others.Length == 0) continue;
            groups.Add(new DuplicateGroup(keep.Path, Reason(keep, others.Select(o => o.Picture)), [.. others.Select(o => new Duplicate(o.Picture.Path, Math.Min(1, o.Score), o.Picture.Row == keep.Row))]));
        }
        return [.. groups.OrderByDescending(g => g.Others.Count).ThenBy(g => g.Keep, StringComparer.Ordinal)];
    }

    private static int Compare(StoredPicture a, StoredPicture b)
    {
        foreach (var (_, by) in _better)
            if (by(b).CompareTo(by(a)) is not 0 and var c) return c;
        return string.CompareOrdinal(a.Path, b.Path);
    }

    // The first thing in which it is ahead of all others.
    private static string Reason(StoredPicture keep, IEnumerable<StoredPicture> others)
    {
        StoredPicture[] rest = [.. others];
        foreach (var (reason, by) in _better)
            if (rest.Any(o => by(keep).CompareTo(by(o)) > 0)) return reason;
        return "first by name";
    }
}
