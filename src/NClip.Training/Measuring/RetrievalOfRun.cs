using System.Globalization;
using NClip.Data;
using NClip.Evaluation;
using NClip.Training.RunFiles;
using NClip.Training.Runs;

namespace NClip.Training.Measuring;

/// <summary>Retrieval both ways among pictures with captions, as <c>nclip eval retrieval</c> measures it.</summary>
internal sealed class RetrievalOfRun(EvaluationSettings settings, RunPlan plan) : IRunEvaluation
{
    /// <summary>Texts that are shown, and pictures of each.</summary>
    private const int Shown = 10, Pictures = 5;

    private readonly HeldOutData _data = new(settings, plan);

    /// <inheritdoc/>
    public string Name => $"retrieval of {settings.Source}";

    /// <inheritdoc/>
    public RunFigures Measure(IFeatureEncoder model, bool examples, CancellationToken cancellation)
    {
        var (encoded, samples) = _data.Encode(model, cancellation);
        var (texts, pictures) = encoded.Captions();
        var features = _data.EncodeTexts(model, texts, cancellation);
        var f = RetrievalEvaluation.Measure(encoded.Images, features, pictures, cancellation);
        return new([.. Ways(f), ("n", f.Images), ("texts", f.Texts)], examples ? Found(encoded, texts, features, pictures, samples, cancellation) : null);
    }

    private static IEnumerable<(string, double)> Ways(RetrievalFigures f) => new[] { ("text_to_image", f.TextToImage), ("image_to_text", f.ImageToText) }
        .SelectMany(w => new[] { ($"{w.Item1}.r1", w.Item2.R1), ($"{w.Item1}.r5", w.Item2.R5), ($"{w.Item1}.r10", w.Item2.R10), ($"{w.Item1}.median_rank", w.Item2.MedianRank) });

    /// <summary>Some texts, evenly over all, with the pictures that are nearest to them.</summary>
    private RunExamples Found(EncodedSamples encoded, IReadOnlyList<string> texts, Matrix features, IReadOnlyList<int> pictures, IReadOnlyList<RawSample> samples, CancellationToken cancellation)
    {
        int[] chosen = [.. Enumerable.Range(0, Math.Min(Shown, texts.Count)).Select(i => (int)((long)i * texts.Count / Math.Min(Shown, texts.Count)))];
        var some = new Matrix(chosen.Length, features.Columns, [.. chosen.SelectMany(t => features.Row(t).ToArray())]);
        var cosines = some.TimesTransposed(encoded.Images, cancellationToken: cancellation);
        int[][] found = [.. chosen.Select((_, i) => Enumerable.Range(0, cosines.Columns).OrderByDescending(p => cosines[i, p]).ThenBy(p => p).ToArray())];
        var small = _data.Thumbnails(samples, found.SelectMany(f => f.Take(Pictures)), cancellation);
        return new("Some captions and the pictures that are nearest to them; a frame is around the caption's own",
            [.. chosen.Select((t, i) => new ExampleRow(string.Create(CultureInfo.InvariantCulture, $"{texts[t]} (its own picture is number {1 + Array.IndexOf(found[i], pictures[t])})"),
                [.. found[i].Take(Pictures).Select(p => new ExamplePicture(small.GetValueOrDefault(p, ""), samples[p].Key, Right: p == pictures[t]))]))]);
    }
}
