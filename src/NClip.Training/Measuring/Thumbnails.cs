using NClip.Data;
using NClip.Foundation;
using NClip.Training.Data;

namespace NClip.Training.Measuring;

/// <summary>Pictures of a source as data URIs of a few kilobytes.</summary>
internal static class Thumbnails
{
    private const int Side = 112, Quality = 78;

    /// <summary>Reads a source until it has met all that are wanted; what cannot be read is left out.</summary>
    /// <param name="source">The data.</param>
    /// <param name="wanted">Source, position and key of each to its number.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyDictionary<int, string> Of(ISampleSource source, Dictionary<(string Source, int Position, string Key), int> wanted, CancellationToken cancellation)
    {
        var found = new Dictionary<int, string>();
        foreach (var sample in source.ReadAll(cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            if (wanted.Remove((sample.Source, sample.Position, sample.Key), out var number) && Of(sample) is { } small) found[number] = small;
            sample.Release();
            if (wanted.Count == 0) break;
        }
        return found;
    }

    private static string? Of(RawSample sample)
    {
        try
        {
            return sample.ImagePath is { } path ? Of(File.ReadAllBytes(path)) : Of(sample.Image);
        }
        catch (Exception e) when (e is ClipException || FileRefusal.Is(e))
        {
            return null; // a page without one of its pictures is still a page
        }
    }

    private static string Of(ReadOnlyMemory<byte> encoded) => "data:image/jpeg;base64," + Convert.ToBase64String(SmallJpeg.Of(encoded, Side, ofShort: false, Quality));
}
