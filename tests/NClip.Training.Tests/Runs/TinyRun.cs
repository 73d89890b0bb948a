using NClip.Tests;
using NClip.Training.Measuring;
using NClip.Training.RunFiles;
using NClip.Training.Runs;
using SkiaSharp;
using TorchSharp;
using Xunit;

namespace NClip.Training.Tests.Runs;

/// <summary>A run small enough for a test: 24 pictures of 16 x 16 pixels in three colours, with captions that name them.</summary>
internal sealed class TinyRun : IDisposable
{
    public const string Config = """
        {"embed_dim": 8, "vision_cfg": {"image_size": 16, "layers": 1, "width": 16, "head_width": 8, "patch_size": 8}, "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}}
        """;

    private static readonly (string Name, SKColor Colour)[] _colours = [("red", SKColors.Red), ("green", SKColors.Green), ("blue", SKColors.Blue)];

    public TinyRun(string config = Config)
    {
        Folder.Write("small.json", config);
        for (var i = 0; i < 24; i++)
        {
            var (name, colour) = _colours[i % 3];
            using var bitmap = new SKBitmap(16, 16);
            bitmap.Erase(colour.WithRed((byte)(colour.Red ^ i)));
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            Directory.CreateDirectory(Folder["pairs"]);
            Directory.CreateDirectory(Folder["classes/" + name]);
            File.WriteAllBytes(Folder[$"pairs/{i:d2}.png"], png.ToArray());
            File.WriteAllBytes(Folder[$"classes/{name}/{i:d2}.png"], png.ToArray());
            Folder.Write($"pairs/{i:d2}.txt", $"a {name} square\nnumber {i} is {name}");
        }
    }

    public TemporaryFolder Folder { get; } = new();

    /// <summary>The pairs as a shard.</summary>
    public void Shard(string name)
    {
        using var tar = new System.Formats.Tar.TarWriter(File.Create(Folder[name]));
        foreach (var file in Directory.GetFiles(Folder["pairs"]).Order(StringComparer.Ordinal)) tar.WriteEntry(file, Path.GetFileName(file));
    }

    /// <summary>Lines of a run's metrics, by step; the rate, which differs from call to call, left out.</summary>
    public Dictionary<int, string> Metrics(string output) => File.ReadAllLines(Folder[output + "/metrics.jsonl"])
        .ToDictionary(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("step").GetInt32(), l => l[..l.IndexOf(",\"pairs_per_s\"", StringComparison.Ordinal)]);

    public double[] Losses(string output) => [.. File.ReadAllLines(Folder[output + "/metrics.jsonl"]).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("loss").GetDouble())];

    /// <summary>Settings of a run of six steps.</summary>
    public RunSettings Settings(string output, params string[] changes) => RunFile.Read(Folder.Write("run.toml", $"""
        output = "{output}"
        seed = 5
        [model]
        config = "small.json"
        [[data.train]]
        source = "pairs"
        [train]
        batch = 8
        steps = 6
        lr = 1e-3
        warmup = 2
        checkpoint_every = 2
        workers = 2
        threads = 1
        """), changes);

    /// <summary>Runs; with <paramref name="stopAfter"/> until so many steps are done, without a word to the run, as a killed process.</summary>
    public static Watcher Run(RunSettings settings, int? stopAfter = null)
    {
        var watcher = new Watcher(stopAfter);
        // A thread of its own has no scope of tensors from the test: a run brings all that it needs. What no scope holds may be freed under a native call.
        Task.Factory.StartNew(() => Alone(settings, watcher), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).GetAwaiter().GetResult();
        return watcher;
    }

    public void Dispose() => Folder.Dispose();

    private static void Alone(RunSettings settings, Watcher watcher)
    {
        using var plan = RunPlan.Of(settings);
        try { new TrainingRun(plan, RunEvaluations.Of(plan), watcher).Execute(default); }
        catch (KilledException) { /* as asked */ }
        Assert.Equal(0, DisposeScopeManager.Statistics.CreatedOutsideScopeCount);
    }

    internal sealed class KilledException : Exception;

    internal sealed class Watcher(int? stopAfter) : IRunObserver
    {
        public List<string> Notes { get; } = [];

        public List<(int Step, string Name, IReadOnlyList<(string Name, double Value)> Figures)> Figures { get; } = [];

        public void Note(string text) => Notes.Add(text);

        public void Step(StepMetrics metrics, int steps)
        {
            if (metrics.Step == stopAfter) throw new KilledException();
        }

        public void Measured(int step, string name, IReadOnlyList<(string Name, double Value)> figures) => Figures.Add((step, name, figures));
    }
}
