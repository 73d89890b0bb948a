using System.Globalization;
using NClip.Tests;
using NClip.Tests.Hub;
using NClip.Training.Optimization;
using NClip.Training.Runs;
using Xunit;

namespace NClip.Training.Tests.Runs;

/// <summary>What goes wrong around a run.</summary>
public sealed class RunFaultTests
{
    [Fact]
    public void A_full_disk_ends_the_run_by_name_and_the_last_good_checkpoint_is_gone_on_from()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("whole"));
        var room = 2 * new FileInfo(tiny.Folder["whole/checkpoints/step-00000006.safetensors"]).Length; // one checkpoint, and half of the next
        using var disk = new SmallDisk(tiny.Folder["small"], room - 500_000);
        string[] changes = ["keep=1"];
        var error = Assert.Throws<Checkpoints.CheckpointException>(() => TinyRun.Run(tiny.Settings("small/out", changes)));
        Assert.Contains("step-00000004.safetensors", error.Message);
        Assert.Contains("the disk is full", error.Message);
        Assert.Equal(["step-00000002.safetensors"], Directory.GetFiles(tiny.Folder["small/out/checkpoints"]).Select(f => Path.GetFileName(f)!));
        disk.Grow(200 << 20);
        Assert.Contains(TinyRun.Run(tiny.Settings("small/out", changes)).Notes, n => n.StartsWith("goes on at step 2 of 6", StringComparison.Ordinal));
        Assert.Equal(tiny.Metrics("whole").OrderBy(m => m.Key), tiny.Metrics("small/out").OrderBy(m => m.Key));
    }

    [Fact]
    public void A_checkpoint_of_another_architecture_is_refused_with_the_tensor()
    {
        using var tiny = new TinyRun();
        using var other = new TinyRun(TinyRun.Config.Replace("\"layers\": 1, \"width\": 16, \"head_width\"", "\"layers\": 2, \"width\": 16, \"head_width\"", StringComparison.Ordinal));
        TinyRun.Run(tiny.Settings("out"), stopAfter: 3);
        using var plan = RunPlan.Of(other.Settings("out"));
        var weights = plan.Start.Model.Weights;
        using var optimizer = new AdamW(weights.Where(_ => true));
        var error = Assert.Throws<Checkpoints.CheckpointException>(() => new NClip.Training.Runs.Checkpoints(tiny.Folder["out/checkpoints"], 2).Load(weights, optimizer, null, _ => { }));
        Assert.Contains("resblocks.1.", error.Message);
        Assert.Contains("the checkpoint of another model", error.Message);
    }

    [Fact]
    public void A_class_without_a_picture_is_named_before_the_first_step()
    {
        using var tiny = new TinyRun();
        Directory.CreateDirectory(tiny.Folder["classes/purple"]);
        var settings = tiny.Settings("out", $"data.train.source={tiny.Folder["classes"]}", "steps=2");
        Assert.Contains(TinyRun.Run(settings).Notes, n => n.StartsWith("class \"purple\" of ", StringComparison.Ordinal));
        using var plan = RunPlan.Of(tiny.Settings("other", $"data.train.source={tiny.Folder["classes"]}"));
        Assert.Contains("class \"purple\"", PlanReport.Of(plan));
    }

    [Fact]
    public void Empty_captions_are_left_out_by_name()
    {
        using var tiny = new TinyRun();
        tiny.Folder.Write("pairs/03.txt", " \n\t\n");
        File.Delete(tiny.Folder["pairs/04.txt"]);
        TinyRun.Run(tiny.Settings("out"));
        var ledger = File.ReadAllText(tiny.Folder["out/broken.jsonl"]);
        Assert.Contains("03.png", ledger);
        Assert.Contains("04.png", ledger);
        Assert.Contains("caption", ledger);
    }

    [Theory]
    [InlineData("")]
    [InlineData("accumulate=2")]
    [InlineData("recompute=true")]
    [InlineData("ema=0.9")]
    public void No_tensor_is_left_behind_by_a_step(string change)
    {
        using var tiny = new TinyRun();
        var (counter, before) = (new LiveTensors(), LiveTensors.Count); // other tests have used this thread
        using var plan = RunPlan.Of(tiny.Settings("out", ["steps=40", "checkpoint_every=7", .. change.Length > 0 ? new[] { change } : []]));
        new TrainingRun(plan, [], counter).Execute(default);
        Assert.Equal(40, counter.Counts.Count);
        Assert.True(counter.Counts[10..].Max() <= counter.Counts[5..10].Max(), $"live tensors step by step: {string.Join(' ', counter.Counts)}");
        Assert.InRange(counter.Counts[^1] - before, 1, 5000);
    }

    [Fact]
    public void Shards_from_a_server_that_breaks_connections_give_the_losses_of_the_files()
    {
        using var tiny = new TinyRun();
        tiny.Shard("train-000.tar");
        TinyRun.Run(tiny.Settings("local", "data.train.source=train-000.tar"));
        var tar = File.ReadAllBytes(tiny.Folder["train-000.tar"]);
        var asked = 0;
        using var server = new LocalServer(r => new Answer
        {
            Status = r.From > 0 ? 206 : 200,
            Body = tar[(int)r.From..],
            CutAfter = asked++ == 1 ? tar.Length / 2 : null,
            Headers = r.From > 0 ? new() { ["Content-Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {r.From}-{tar.Length - 1}/{tar.Length}") } : [],
        });
        TinyRun.Run(tiny.Settings("remote", $"data.train.source={server.Address}train-000.tar"));
        Assert.Equal(tiny.Metrics("local").OrderBy(m => m.Key), tiny.Metrics("remote").OrderBy(m => m.Key));
        Assert.Contains(server.Requests, r => r.From > 0);
    }

    /// <summary>Tensors of this thread that are alive after each step.</summary>
    private sealed class LiveTensors : IRunObserver
    {
        public static long Count => TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        public List<long> Counts { get; } = [];

        public void Note(string text)
        {
        }

        public void Step(StepMetrics metrics, int steps) => Counts.Add(Count);

        public void Measured(int step, string name, IReadOnlyList<(string Name, double Value)> figures)
        {
        }
    }
}
