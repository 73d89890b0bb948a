using NClip.Data;
using NClip.Images;
using NClip.ZeroShot;

namespace NClip.Evaluation;

/// <summary>Top-1 under one corruption, by severity from 1.</summary>
public sealed record CorruptionFigures(Corruption Corruption, IReadOnlyList<double> Top1)
{
    /// <summary>Mean over the severities.</summary>
    public double Mean => Top1.Average();
}

/// <summary>How much of what a model knows is left when pictures are spoilt.</summary>
/// <param name="Clean">Top-1 of the same crops, unspoilt.</param>
/// <param name="Corruptions">Each corruption.</param>
/// <param name="Count">Pictures.</param>
public sealed record RobustnessFigures(double Clean, IReadOnlyList<CorruptionFigures> Corruptions, int Count)
{
    /// <summary>Mean over corruptions and severities: 1 less ImageNet-C's mean error, not weighted by another model's.</summary>
    public double Mean => Corruptions.Average(c => c.Mean);

    /// <summary>Share of the clean top-1 that is left.</summary>
    public double Kept => Clean > 0 ? Mean / Clean : 0;
}

/// <summary>Zero-shot classification of corrupted pictures: the shorter side brought to 256, 224 x 224 from the middle, corrupted, then read as the model reads any picture (Hendrycks and Dietterich 2019).</summary>
public static class RobustnessEvaluation
{
    private const int Resized = 256, Cropped = 224;

    /// <summary>Runs a model over a set once for each corruption and severity, and once clean.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="source">Pictures with classes.</param>
    /// <param name="classes">The classes; null: those that occur in the data.</param>
    /// <param name="templates">Sentences for the names; null: the model's own.</param>
    /// <param name="corruptions">Which; null: the fifteen.</param>
    /// <param name="severities">Which; null: 1..5.</param>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="ice">Pictures of frost; null: drawn.</param>
    /// <param name="broken">Told of each sample that cannot be used, once, and why; null: the first one ends the call.</param>
    /// <param name="progress">Told how many of all pictures of all runs are done.</param>
    /// <param name="cancellationToken">Stops inside a batch.</param>
    /// <exception cref="ClipException">The data cannot be used.</exception>
    public static async Task<RobustnessFigures> RunAsync(Clip clip, ISampleSource source, ClassList? classes = null, PromptTemplates? templates = null, IReadOnlyList<Corruption>? corruptions = null, IReadOnlyList<int>? severities = null, ulong seed = 0, IReadOnlyList<RgbImage>? ice = null, Action<string, string>? broken = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var done = 0;
        var heard = broken;
        async Task<EncodedSamples> Encode(Func<RgbImage, string, RgbImage> spoil)
        {
            var counter = progress is null ? null : new Counter(done, progress);
            var samples = await SampleEncoder.EncodeAsync(clip, source, sample => Task.Run(() => ImageInput.From(spoil(Crop(sample), sample.Key), SampleEncoder.Name(sample)), cancellationToken), heard, counter, cancellationToken).ConfigureAwait(false);
            done += samples.Facts.Count;
            return samples;
        }
        var clean = await Encode((picture, _) => picture).ConfigureAwait(false);
        var all = classes ?? ClassList.Of(clean);
        if (broken is not null) heard = (_, _) => { }; // told already
        var classifier = clip.CreateClassifier(all.Classes, templates, cancellationToken: cancellationToken);
        double Top1(EncodedSamples samples) => Classification.Accuracy(ZeroShotEvaluation.Scores(classifier, samples.Images, cancellationToken), samples.Labeled(all).Labels);
        var found = new List<CorruptionFigures>();
        foreach (var corruption in corruptions ?? Corruptions.Common)
        {
            var bySeverity = new List<double>();
            foreach (var severity in severities ?? [.. Enumerable.Range(1, Corruptions.Severities)])
                bySeverity.Add(Top1(await Encode((picture, key) => Corruptions.Apply(picture, corruption, severity, seed, key, ice)).ConfigureAwait(false)));
            found.Add(new(corruption, bySeverity));
        }
        return new(Top1(clean), found, clean.Facts.Count);
    }

    /// <summary>The square of 224 pixels from the middle of a picture whose shorter side is 256, bilinear, as torchvision's Resize and CenterCrop cut it.</summary>
    internal static RgbImage Crop(RawSample sample)
    {
        using var picture = sample.ImagePath is { } path ? SourcePicture.Of(RgbImage.Load(path)) : SourcePicture.Open(sample.Image, SampleEncoder.Name(sample));
        var shorter = Math.Min(picture.Width, picture.Height);
        var (width, height) = ((int)((long)Resized * picture.Width / shorter), (int)((long)Resized * picture.Height / shorter));
        var whole = new byte[3 * width * height];
        picture.Cut(new PictureBox(0, 0, picture.Width, picture.Height), width, height, Interpolation.Bilinear, whole);
        static int Offset(int side) => (int)Math.Round((side - Cropped) / 2.0, MidpointRounding.ToEven);
        var crop = new byte[3 * Cropped * Cropped];
        for (var y = 0; y < Cropped; y++) whole.AsSpan(3 * (((Offset(height) + y) * width) + Offset(width)), 3 * Cropped).CopyTo(crop.AsSpan(3 * y * Cropped));
        return new RgbImage(Cropped, Cropped, crop);
    }

    private sealed class Counter(int before, IProgress<int> progress) : IProgress<int>
    {
        public void Report(int value) => progress.Report(before + value);
    }
}
