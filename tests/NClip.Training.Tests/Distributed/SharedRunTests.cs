using NClip.Training.Distributed;
using NClip.Training.Measuring;
using NClip.Training.RunFiles;
using NClip.Training.Runs;
using NClip.Training.Tests.Runs;
using Xunit;

namespace NClip.Training.Tests.Distributed;

public sealed class SharedRunTests
{
    private static readonly string _siglip = TinyRun.Config.Replace("\"embed_dim\": 8", "\"embed_dim\": 8, \"init_logit_bias\": -10", StringComparison.Ordinal);

    [Theory]
    [InlineData(2, 1e-5)]
    [InlineData(4, 1e-5)]
    [InlineData(2, 1e-5, "clip_norm=0.5", "ema=0.9")]
    [InlineData(2, 1e-5, "accumulate=2")]
    [InlineData(2, 1e-5, "positives=caption", "caption_per_line=false")]
    [InlineData(4, 1e-5, "loss=siglip", "loss_chunk=1")]
    [InlineData(2, 1e-5, "loss=clip+classes")]
    [InlineData(2, 2e-2, "precision=bf16", "recompute=true")]
    public void Several_processes_give_the_losses_of_one_with_the_same_batch(int size, double tolerance, params string[] changes)
    {
        using var tiny = new TinyRun(_siglip);
        if (changes.Contains("loss=clip+classes")) changes = [.. changes, $"data.train.source={tiny.Folder["classes"]}"];
        TinyRun.Run(tiny.Settings("one", changes));
        Run(tiny.Settings("several", changes), size);
        Same(tiny, tolerance);
    }

    [Fact]
    public void A_teacher_s_share_of_each_process_makes_the_whole()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("teacher"));
        var distill = new DistillSettings { Teacher = tiny.Folder["teacher/model"] };
        TinyRun.Run(tiny.Settings("one") with { Distill = distill });
        Run(tiny.Settings("several") with { Distill = distill }, 2);
        Same(tiny, 1e-5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Killed_and_gone_on_with_they_give_the_numbers_of_those_that_were_not_to_the_bit(int killedAfter)
    {
        using var tiny = new TinyRun();
        File.WriteAllText(tiny.Folder["pairs/05.png"], "no picture");
        string[] all = ["patch_dropout=0.5", "ema=0.9", "smallest_area=0.5"];
        Run(tiny.Settings("whole", all), 2);
        Run(tiny.Settings("killed", all), 2, killedAfter);
        Run(tiny.Settings("killed", all), 2);
        Assert.Equal(tiny.Metrics("whole").OrderBy(m => m.Key), tiny.Metrics("killed").OrderBy(m => m.Key));
        Assert.Equal(File.ReadAllBytes(tiny.Folder["whole/model/open_clip_model.safetensors"]), File.ReadAllBytes(tiny.Folder["killed/model/open_clip_model.safetensors"]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void A_sample_that_one_process_finds_broken_is_left_out_by_all_and_named_once(int size)
    {
        using var tiny = new TinyRun();
        foreach (var i in new[] { 3, 4, 17 }) File.WriteAllText(tiny.Folder[$"pairs/{i:d2}.png"], "no picture");
        TinyRun.Run(tiny.Settings("one", "max_broken=0.5"));
        Run(tiny.Settings("several", "max_broken=0.5"), size);
        Same(tiny, 1e-5);
        Assert.Equal(["03.png", "04.png", "17.png"], File.ReadAllLines(tiny.Folder["several/broken.jsonl"]).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("key").GetString()).Order());
    }

    [Fact]
    public void What_the_first_cannot_do_all_know_with_its_reason()
    {
        using var tiny = new TinyRun();
        tiny.Folder.Write("out/checkpoints/x", "");
        var settings = tiny.Settings("other");
        var (_, failures) = ThreadRanks.Run(3, ranks => ranks.First(() => RunFolder.Open(tiny.Folder["out"], [("a", "b")])));
        Assert.All(failures, f => Assert.Contains("no run.json", Assert.IsType<AgreedException>(f).Message));
        Assert.All(failures, f => Assert.Equal(2, ((AgreedException)f!).ExitCode));
        (_, failures) = ThreadRanks.Run(3, ranks => ranks.All(() => ranks.Rank == 1 ? throw new ClipException("its disk is gone") : settings.Seed));
        Assert.All(failures, f => Assert.Equal("host host1, process 1 of 3: its disk is gone", f!.Message));
        Assert.All(failures, f => Assert.Equal(1, ((AgreedException)f!).ExitCode));
    }

    [Fact]
    public void A_batch_that_cannot_be_shared_is_refused()
    {
        var failures = ThreadRanks.Run(3, ranks => { ranks.Check(new TrainSettings { Batch = 32 }); return 0; }).Failures;
        Assert.All(failures.Where(f => f is RunFileException), f => Assert.Contains("a multiple of 3 was expected", f!.Message));
        Assert.Contains(failures, f => f is RunFileException);
    }

    private static void Run(RunSettings settings, int size, int? stopAfter = null)
    {
        var (_, failures) = ThreadRanks.Run(size, ranks =>
        {
            using var plan = RunPlan.Of(settings);
            new TrainingRun(plan, ranks.IsFirst ? RunEvaluations.Of(plan) : [], new TinyRun.Watcher(ranks.IsFirst ? stopAfter : null)) { Ranks = ranks }.Execute(default);
            return 0;
        });
        foreach (var failure in failures.Where(f => f is not null and not (ThreadRanks.AbortedException or TinyRun.KilledException))) Assert.Fail(failure!.ToString());
        Assert.Equal(stopAfter is not null, failures.Any(f => f is TinyRun.KilledException));
    }

    private static void Same(TinyRun tiny, double tolerance)
    {
        var (one, several) = (tiny.Losses("one"), tiny.Losses("several"));
        Assert.Equal(one.Length, several.Length);
        Assert.All(one.Zip(several), l => Assert.Equal(l.First, l.Second, tolerance));
    }
}
