using NClip.Data;
using NClip.Training.Data;
using NClip.Training.Measuring;
using NClip.Training.Models;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using NClip.Training.RunFiles;

namespace NClip.Training.Runs;

/// <summary>A source of a plan.</summary>
/// <param name="Settings">As the file has it.</param>
/// <param name="Source">Opened: everything it needs is there.</param>
/// <param name="Count">What is in it; null where nobody asked.</param>
internal sealed record PlannedSource(SourceSettings Settings, ISampleSource Source, SampleCount? Count)
{
    /// <summary>Folders of a folder per class that have no picture.</summary>
    public IReadOnlyList<string> EmptyClasses { get; init; } = [];
}

/// <summary>A run that can begin: its files are there, its model is made, its length is known.</summary>
internal sealed class RunPlan : IDisposable
{
    private RunPlan(RunSettings settings, IReadOnlyList<PlannedSource> sources, StartingModel start, int steps) =>
        (Settings, Sources, Start, Steps) = (settings, sources, start, steps);

    public RunSettings Settings { get; }

    public IReadOnlyList<PlannedSource> Sources { get; }

    public StartingModel Start { get; }

    /// <summary>Updates of the whole run.</summary>
    public int Steps { get; }

    /// <summary>The classes of a run with a classifier, in their order.</summary>
    public IReadOnlyList<string> Classes { get; private init; } = [];

    /// <summary>What a person should know before the run begins.</summary>
    public IEnumerable<string> Notes =>
    [
        .. Sources.SelectMany(s => s.EmptyClasses.Select(c => $"class \"{Foundation.Shown.Name(c)}\" of {s.Settings.Source} has no picture; it is left out")),
        .. BFloat16Products.Warning(Settings.Train.Precision) is { } slow ? [slow] : Array.Empty<string>(),
    ];

    /// <summary>A rate for each step.</summary>
    public LearningRate Rate => new(Settings.Train.Schedule switch { "constant" => RateSchedule.Constant, "cooldown" => RateSchedule.Cooldown, _ => RateSchedule.Cosine }, Settings.Train.Lr, Settings.Train.Warmup, Steps)
    {
        Cooldown = Settings.Train.Cooldown,
        Power = Settings.Train.CooldownPower,
        End = Settings.Train.LrEnd,
    };

    /// <summary>What decides the run's weights: its keys, and what the model's configuration says.</summary>
    public IReadOnlyList<(string Key, string Value)> Identity => IdentityOf(Settings);

    /// <summary>Checks everything that can be checked before the first step.</summary>
    /// <param name="settings">The run.</param>
    /// <param name="counts">Whether the samples are counted even where the run does not need their number.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ClipException">Something is missing, cannot be read, or does not fit.</exception>
    public static RunPlan Of(RunSettings settings, bool counts = false, CancellationToken cancellation = default)
    {
        RunFolder.Check(settings.Output, IdentityOf(settings));
        var classes = settings.Train.Loss == "clip+classes";
        PlannedSource[] sources = [.. settings.Sources.Select(s => Open(s, counts || classes || settings.Train.Epochs > 0, classes, cancellation))];
        string[] labels = [.. sources.SelectMany(s => s.Count?.Labels ?? []).Distinct().Order(StringComparer.Ordinal)];
        if (classes && labels.Length < 2) throw new RunFileException($"train.loss is clip+classes, and the data has {labels.Length} classes: members .cls of shards, a column label, or a folder per class.");
        var steps = settings.Train.Steps > 0 ? settings.Train.Steps : StepsOf(settings, sources);
        if (settings.Train.Warmup > steps || settings.Train.Cooldown > steps) throw new RunFileException($"the run has {steps} steps; warmup ({settings.Train.Warmup}) and cooldown ({settings.Train.Cooldown}) may not be longer.");
        var start = StartingModel.Open(settings.Model, settings.Seed, cancellation);
        try
        {
            if (settings.Train.Loss == "siglip" && !start.Model.Weights.Has("logit_bias"))
                throw new RunFileException("train.loss is siglip, and the model has no logit_bias. Give the configuration \"init_logit_bias\": -10, or use another loss.");
            _ = start.Texts;
            return new RunPlan(settings, sources, start, steps) { Classes = labels };
        }
        catch
        {
            start.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Start.Dispose();

    private static IReadOnlyList<(string Key, string Value)> IdentityOf(RunSettings settings) => settings.Model.Config.Length == 0 || !File.Exists(settings.Model.Config)
        ? RunSections.Identity(settings)
        : [.. RunSections.Identity(settings), ("model.config's content", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(settings.Model.Config)))[..16])];

    private static PlannedSource Open(SourceSettings s, bool count, bool labels, CancellationToken cancellation)
    {
        static string? Given(string text) => text.Length == 0 ? null : text;
        var options = new SourceOptions(Given(s.ImageColumn), Given(s.CaptionColumn), Given(s.LabelColumn), Given(s.ImageRoot), s.CaptionPerLine, RunTemplates.Read("data.train.templates", s.Templates));
        var source = SyntheticSource.Of(s.Source) ?? DataSource.Open(s.Source, options, cancellation);
        return new PlannedSource(s, new CaptionedSource(source), count ? SampleCount.Of(source, labels, cancellation) : null)
        {
            EmptyClasses = source is ClassFolder folder ? [.. Directory.EnumerateDirectories(folder.Name).Select(d => Path.GetFileName(d)).Except(folder.Classes).Order(StringComparer.Ordinal)] : [],
        };
    }

    /// <summary>Steps in which the source that is seen least has been seen so often.</summary>
    private static int StepsOf(RunSettings settings, PlannedSource[] sources)
    {
        if (sources.FirstOrDefault(s => s.Count?.Pairs is null) is { } unknown)
            throw new RunFileException($"train.epochs needs the number of samples, and {unknown.Settings.Source} does not tell it without a download. Give train.steps.");
        var weights = sources.Sum(s => s.Settings.Weight);
        var epoch = sources.Max(s => s.Count!.Pairs!.Value * weights / s.Settings.Weight);
        return Math.Max(1, (int)Math.Min(int.MaxValue, Math.Ceiling(epoch * settings.Train.Epochs / settings.Train.Batch)));
    }
}
