using NClip.Search.Store;

namespace NClip.Search.Indexing;

/// <summary>
/// The scores above which pictures stand out, of texts and of pictures: every model has its own scale (a match has 0.3 with one, 0.12 with another), so it is measured on the
/// gallery itself. Most pairs of a word and a picture have nothing to do with each other; their scores have a middle and a width, which a few matches do not move
/// (median and median deviation). The limit lies <see cref="Widths"/> widths above the middle.
/// </summary>
internal static class Calibration
{
    /// <summary>Pictures below which nothing can be said.</summary>
    public const int Least = 32;

    /// <summary>Pictures that are looked at.</summary>
    public const int Sample = 2000;

    /// <summary>Measures the limits of a gallery of so many files; anew when it has grown to the double: what it shows may be something else by then.</summary>
    public static void Note(IGalleryWriter writer, Clip clip, int files, CancellationToken cancellation)
    {
        if (files < Least || files < 2 * writer.LimitsOf) return;
        if (Of(clip, writer.Sample(Sample), cancellation) is { } limits) writer.SetLimits(limits, files);
    }

    private const double Widths = 3.5, Deviation = 1.4826; // the second: of a normal distribution from its median deviation

    /// <summary>The limits for texts and for pictures as queries; null where there are too few pictures.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="pictures">Unit vectors of a sample.</param>
    /// <param name="cancellation">Ends it.</param>
    public static (double Text, double Picture)? Of(Clip clip, Matrix pictures, CancellationToken cancellation)
    {
        if (pictures.Rows < Least) return null;
        var texts = Concepts.Encode(clip, Concepts.Names, cancellation);
        var count = Math.Min(Concepts.Names.Count, pictures.Rows);
        var step = pictures.Rows / count;
        var examples = new Matrix(count, pictures.Columns, [.. Enumerable.Range(0, count).SelectMany(i => pictures.Row(i * step).ToArray())]);
        return (Limit(texts.TimesTransposed(pictures, cancellationToken: cancellation)), Limit(examples.TimesTransposed(pictures, cancellationToken: cancellation)));
    }

    private static double Limit(Matrix scores) => Median([.. Enumerable.Range(0, scores.Rows).Select(r =>
    {
        double[] row = [.. scores.Row(r).ToArray().Select(s => (double)s)];
        var middle = Median(row);
        return middle + (Widths * Deviation * Median([.. row.Select(s => Math.Abs(s - middle))]));
    })]);

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
