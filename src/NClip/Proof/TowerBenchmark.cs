using System.Diagnostics;
using NClip.Architectures;
using NClip.Inference;
using NClip.Towers;

namespace NClip.Proof;

/// <summary>What one setting of a model gives on this machine.</summary>
/// <param name="Images">Pictures a second.</param>
/// <param name="Texts">Texts a second.</param>
/// <param name="ImageGflops">Arithmetic of the image tower in GFLOP/s, matrix products and convolutions.</param>
public sealed record TowerSpeed(double Images, double Texts, double ImageGflops)
{
    /// <summary>Tokens of a text that is measured, start and end among them: a caption's usual length.</summary>
    public const int TextTokens = 16;
}

/// <summary>Measures the towers alone, on random pictures and on texts of a caption's length.</summary>
internal static class TowerBenchmark
{
    private const int LeastRuns = 3;

    /// <summary>Runs batches for at least <paramref name="atLeast"/> each; the median run counts.</summary>
    public static TowerSpeed Measure(ClipModel model, int batch, TimeSpan atLeast, CancellationToken cancellation)
    {
        var random = new Random(1);
        var image = model.Spec.Image;
        var pixels = new float[batch * 3 * image.Height * image.Width];
        foreach (ref var v in pixels.AsSpan()) v = (random.NextSingle() * 4) - 2;
        var tokens = Texts(model.Spec, batch, random);
        var images = batch / Median(() => model.EncodeImages(pixels, batch, cancellation), atLeast, cancellation);
        var texts = batch / Median(() => model.EncodeTexts(tokens, batch, cancellation), atLeast, cancellation);
        return new(images, texts, images * TowerWork.OfImage(image) / 1e9);
    }

    private static long[] Texts(ClipSpec spec, int count, Random random)
    {
        var (c, length) = (spec.Context, spec.Context.Length);
        var used = Math.Min(TowerSpeed.TextTokens, length);
        var rows = new long[count * length];
        Array.Fill(rows, c.PadId);
        for (var i = 0; i < count; i++)
        {
            var row = rows.AsSpan(i * length, length);
            for (var j = 0; j < used; j++) row[j] = random.Next(1, Math.Max(2, spec.Text.CommonVocabulary - 2)); // the last two are the specials of OpenAI's vocabulary
            if (c.StartId is { } start) row[0] = start;
            if (c.EndId is { } end) row[used - 1] = end;
        }
        return rows;
    }

    private static double Median(Action run, TimeSpan atLeast, CancellationToken cancellation)
    {
        run(); // makes the session and its buffers
        var times = new List<double>();
        var all = Stopwatch.StartNew();
        while (times.Count < LeastRuns || all.Elapsed < atLeast)
        {
            cancellation.ThrowIfCancellationRequested();
            var one = Stopwatch.StartNew();
            run();
            times.Add(one.Elapsed.TotalSeconds);
        }
        times.Sort();
        return times[times.Count / 2];
    }
}
