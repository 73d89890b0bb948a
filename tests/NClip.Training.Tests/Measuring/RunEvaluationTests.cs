using System.Text.Json;
using NClip.Data;
using NClip.Evaluation;
using NClip.Training.Measuring;
using NClip.Training.RunFiles;
using NClip.Training.Runs;
using NClip.Training.Tests.Runs;
using Xunit;

namespace NClip.Training.Tests.Measuring;

/// <summary>What a run measures of itself.</summary>
public sealed class RunEvaluationTests
{
    private static readonly TrainSettings _longer = new() { Batch = 8, Steps = 60, Lr = 3e-3, Warmup = 2, Workers = 2, Threads = 1 };

    [Fact]
    public async Task Figures_of_a_run_are_those_of_nclip_eval_on_the_model_that_it_writes()
    {
        using var tiny = new TinyRun();
        var watcher = TinyRun.Run(Measured(tiny, "out") with { Train = _longer });
        using var clip = Clip.Pretrained(tiny.Folder["out/model"]);
        var zero = await ZeroShotEvaluation.RunAsync(clip, DataSource.Open(tiny.Folder["classes"]), cancellationToken: TestContext.Current.CancellationToken);
        Near(new Dictionary<string, double> { ["top1"] = zero.Top1, ["top5"] = zero.Top5, ["mean_per_class"] = zero.MeanPerClass, ["n"] = zero.Count }, Last(watcher, "zero-shot"));
        var samples = await SampleEncoder.EncodeAsync(clip, DataSource.Open(tiny.Folder["pairs"]), cancellationToken: TestContext.Current.CancellationToken);
        var (texts, pictures) = samples.Captions();
        var found = RetrievalEvaluation.Measure(samples.Images, SampleEncoder.EncodeTexts(clip, texts, cancellationToken: TestContext.Current.CancellationToken), pictures);
        Near(new Dictionary<string, double> { ["text_to_image.r1"] = found.TextToImage.R1, ["text_to_image.r10"] = found.TextToImage.R10, ["image_to_text.r5"] = found.ImageToText.R5, ["n"] = 24, ["texts"] = 48 }, Last(watcher, "retrieval"));
        Assert.True(zero.Top1 > 0.9, $"three colours are learned in sixty steps: {zero.Top1}");
    }

    [Fact]
    public void Fine_tuning_is_measured_before_it_begins_and_each_epoch_and_what_it_destroys_is_told()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("first") with { Train = _longer });
        var gentle = TinyRun.Run(Measured(tiny, "gentle") with { Model = new() { Init = tiny.Folder["first/model"] }, Train = _longer with { Steps = 7, Lr = 1e-6 } });
        Assert.Equal([0, 4, 7], gentle.Figures.Where(f => f.Name.StartsWith("zero-shot", StringComparison.Ordinal)).Select(f => f.Step));
        Assert.DoesNotContain(gentle.Notes, n => n.StartsWith("warning:", StringComparison.Ordinal));
        var harsh = TinyRun.Run(Measured(tiny, "harsh") with { Model = new() { Init = tiny.Folder["first/model"] }, Train = _longer with { Steps = 7, Lr = 1, Tripwire = 0 } });
        Assert.Contains(harsh.Notes, n => n.StartsWith("warning: zero-shot of ", StringComparison.Ordinal) && n.Contains("top1 was 1 at step 0", StringComparison.Ordinal) && n.Contains("destroys what the model knew", StringComparison.Ordinal));
        Assert.Contains("role=\"alert\"", File.ReadAllText(tiny.Folder["harsh/report.html"]));
        Assert.DoesNotContain("role=\"alert\"", File.ReadAllText(tiny.Folder["gentle/report.html"]));
    }

    [Fact]
    public void A_run_that_goes_on_has_measured_everything_once()
    {
        using var tiny = new TinyRun();
        RunSettings Settings(string output) => Measured(tiny, output, every: 2) with { Train = _longer with { Steps = 6, CheckpointEvery = 2 } };
        TinyRun.Run(Settings("whole"));
        foreach (var killedAfter in new[] { 3, 5, 6 }) TinyRun.Run(Settings("killed"), killedAfter);
        TinyRun.Run(Settings("killed"));
        Assert.Equal(Figures(tiny, "whole"), Figures(tiny, "killed"));
        Assert.Equal(9, Figures(tiny, "whole").Length);
        Assert.Contains("<img src=\"data:image/jpeg;base64,", File.ReadAllText(tiny.Folder["killed/report.html"]));
    }

    [Fact]
    public void A_run_killed_between_its_last_checkpoint_and_its_last_figures_still_takes_them()
    {
        using var tiny = new TinyRun();
        var settings = Measured(tiny, "out", every: 100) with { Train = _longer with { Steps = 4, CheckpointEvery = 2 } };
        using (var plan = RunPlan.Of(settings))
            Assert.Throws<TinyRun.KilledException>(() => new TrainingRun(plan, [new(new KillingEvaluation(), 100, false)], new TinyRun.Watcher(null)).Execute(default));
        Assert.Equal([4, 4, 4], TinyRun.Run(settings).Figures.Select(f => f.Step));
        Assert.True(Directory.Exists(tiny.Folder["out/model"]));
    }

    [Fact]
    public void TensorBoard_has_the_figures_after_a_resume_too()
    {
        using var tiny = new TinyRun();
        var settings = Measured(tiny, "out", every: 2) with { Train = _longer with { Steps = 6, CheckpointEvery = 2 } };
        TinyRun.Run(settings, stopAfter: 5);
        TinyRun.Run(settings);
        var events = File.ReadAllText(tiny.Folder["out/tensorboard/events.out.tfevents.0.nclip"], System.Text.Encoding.Latin1);
        foreach (var name in new[] { "/top1", "/text_to_image.r5", "/accuracy" }) Assert.Equal(3, events.Split(name).Length - 1);
    }

    [Theory]
    [InlineData("zero-sot", "", "one of pairs, retrieval, zero-shot was expected")]
    [InlineData("zero-shot", "nothing-such", "neither such a file nor such a set of classes")]
    public void An_evaluation_that_cannot_be_is_refused_before_anything_begins(string kind, string classes, string said)
    {
        using var tiny = new TinyRun();
        using var plan = RunPlan.Of(tiny.Settings("out") with { Evaluations = [new() { Kind = kind, Source = tiny.Folder["classes"], Classes = classes }] });
        Assert.Contains(said, Assert.ThrowsAny<ClipException>(() => RunEvaluations.Of(plan)).Message);
    }

    private static RunSettings Measured(TinyRun tiny, string output, int every = 0) => tiny.Settings(output) with
    {
        Evaluations =
        [
            new() { Kind = "zero-shot", Source = tiny.Folder["classes"], Every = every },
            new() { Kind = "retrieval", Source = tiny.Folder["pairs"], Every = every },
            new() { Kind = "pairs", Source = tiny.Folder["pairs"], Every = every },
        ],
    };

    private static string[] Figures(TinyRun tiny, string output) => [.. File.ReadAllLines(tiny.Folder[output + "/evaluations.jsonl"]).Order(StringComparer.Ordinal)];

    private static Dictionary<string, double> Last(TinyRun.Watcher watcher, string kind) => watcher.Figures.Last(f => f.Name.StartsWith(kind, StringComparison.Ordinal)).Figures.ToDictionary(f => f.Name, f => f.Value);

    /// <summary>Two libraries compute the towers: of 24 pictures one may change places with a neighbour.</summary>
    private static void Near(Dictionary<string, double> expected, Dictionary<string, double> actual) => Assert.All(expected, e => Assert.True(Math.Abs(e.Value - actual[e.Key]) < 0.05, $"{e.Key}: {JsonSerializer.Serialize(actual)}, {JsonSerializer.Serialize(expected)} was expected"));

    private sealed class KillingEvaluation : IRunEvaluation
    {
        public string Name => "killed";

        public RunFigures Measure(IFeatureEncoder model, bool examples, CancellationToken cancellation) => throw new TinyRun.KilledException();
    }
}
