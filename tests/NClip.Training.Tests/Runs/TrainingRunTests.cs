using NClip.Training.RunFiles;
using NClip.Training.Runs;
using Xunit;

namespace NClip.Training.Tests.Runs;

public sealed class TrainingRunTests
{
    [Fact]
    public void A_run_writes_a_line_a_step_and_a_model_that_classifies()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("out", "steps=60", "lr=3e-3"));
        var losses = tiny.Losses("out");
        Assert.Equal(60, losses.Length);
        Assert.True(losses[^5..].Average() < losses[..5].Average() - 0.2, $"{losses[..5].Average()} -> {losses[^5..].Average()}");
        using var clip = Clip.Pretrained(tiny.Folder["out/model"]);
        var cosines = clip.EncodeImage(tiny.Folder["pairs/00.png"]).Normalized().TimesTransposed(clip.EncodeText("a red square", "a blue square", "a green square").Normalized());
        Assert.True(cosines[0, 0] > cosines[0, 1] && cosines[0, 0] > cosines[0, 2], cosines.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_run_that_was_killed_goes_on_with_the_same_numbers_to_the_bit(int killedAfter)
    {
        using var tiny = new TinyRun();
        string[] all = ["patch_dropout=0.5", "ema=0.9", "smallest_area=0.5"];
        TinyRun.Run(tiny.Settings("whole", all));
        TinyRun.Run(tiny.Settings("killed", all), killedAfter);
        File.AppendAllText(tiny.Folder["killed/metrics.jsonl"], "{\"step\":9,\"lo");
        var notes = TinyRun.Run(tiny.Settings("killed", all)).Notes;
        Assert.Equal(killedAfter >= 2, notes.Any(n => n.StartsWith($"goes on at step {killedAfter / 2 * 2} of 6", StringComparison.Ordinal)));
        Assert.Equal(tiny.Metrics("whole").OrderBy(m => m.Key), tiny.Metrics("killed").OrderBy(m => m.Key));
        Assert.Equal(File.ReadAllBytes(tiny.Folder["whole/model/open_clip_model.safetensors"]), File.ReadAllBytes(tiny.Folder["killed/model/open_clip_model.safetensors"]));
    }

    [Fact]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before_it()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("whole"));
        TinyRun.Run(tiny.Settings("out"), 5);
        var newest = tiny.Folder["out/checkpoints/step-00000004.safetensors"];
        var bytes = File.ReadAllBytes(newest);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(newest, bytes);
        var notes = TinyRun.Run(tiny.Settings("out")).Notes;
        Assert.Contains(notes, n => n.Contains("step-00000004.safetensors: is not whole", StringComparison.Ordinal));
        Assert.Contains(notes, n => n.StartsWith("goes on at step 2 of 6", StringComparison.Ordinal));
        Assert.Equal(tiny.Metrics("whole").OrderBy(m => m.Key), tiny.Metrics("out").OrderBy(m => m.Key));
    }

    [Fact]
    public void A_folder_of_another_run_is_refused_with_the_key_that_differs_and_a_finished_one_is_left()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("out", "checkpoint_every=5"));
        Assert.Contains("whose train.lr is 0.001; here it is 0.002", Assert.Throws<RunFileException>(() => RunPlan.Of(tiny.Settings("out", "lr=2e-3"))).Message);
        Assert.Contains(TinyRun.Run(tiny.Settings("out", "workers=1")).Notes, n => n.Contains("the run is finished", StringComparison.Ordinal));
        tiny.Folder.Write("small.json", TinyRun.Config.Replace("\"embed_dim\": 8", "\"embed_dim\": 16", StringComparison.Ordinal));
        Assert.Contains("model.config's content", Assert.Throws<RunFileException>(() => RunPlan.Of(tiny.Settings("out"))).Message);
    }

    [Fact]
    public void A_rate_that_diverges_ends_the_run_and_says_where()
    {
        using var tiny = new TinyRun();
        var e = Assert.Throws<DivergenceException>(() => TinyRun.Run(tiny.Settings("out", "lr=1e8", "steps=60", "warmup=0")));
        Assert.Matches(@"^step \d+: .*lower lr \(now 100000000\)", e.Message);
        Assert.False(Directory.Exists(tiny.Folder["out/model"]));
    }

    [Fact]
    public void Batches_in_parts_give_nearly_the_same_losses()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("whole"));
        TinyRun.Run(tiny.Settings("parts", "accumulate=4"));
        foreach (var (a, b) in tiny.Losses("whole").Zip(tiny.Losses("parts"))) Assert.Equal(a, b, 1e-4);
    }

    [Fact]
    public void Classes_are_learned_beside_the_pairs_and_the_classifier_is_written()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("out", "loss=clip+classes", $"data.train.source={tiny.Folder["classes"]}", "steps=30", "lr=0.02"));
        var losses = tiny.Losses("out");
        Assert.True(losses[^5..].Average() < losses[..5].Average() - 0.2, $"{losses[0]} -> {losses[^1]}");
        using var head = Checkpoints.StateDict.Open(tiny.Folder["out/head.safetensors"]);
        Assert.Equal([3L, 8], head.Tensors["weight"].Shape);
        Assert.Equal("[\"blue\",\"green\",\"red\"]", head.Metadata["classes"]);
    }

    [Fact]
    public void A_locked_tower_stands_still()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("first"));
        TinyRun.Run(tiny.Settings("second", "steps=3") with { Model = new ModelSettings { Init = tiny.Folder["first/model"], LockImage = true } });
        using var first = Checkpoints.StateDict.Open(tiny.Folder["first/model/open_clip_model.safetensors"]);
        using var second = Checkpoints.StateDict.Open(tiny.Folder["second/model/open_clip_model.safetensors"]);
        Assert.Equal(first.Tensors.Keys, second.Tensors.Keys);
        foreach (var (name, before) in first.Tensors)
            Assert.Equal(name.StartsWith("visual.", StringComparison.Ordinal) || name.EndsWith("in_proj_bias", StringComparison.Ordinal), before.ToFloat32().AsSpan().SequenceEqual(second.Tensors[name].ToFloat32()) || name.EndsWith("in_proj_bias", StringComparison.Ordinal));
    }

    [Fact]
    public void A_teacher_and_another_precision_are_part_of_a_run()
    {
        using var tiny = new TinyRun();
        TinyRun.Run(tiny.Settings("teacher"));
        TinyRun.Run(tiny.Settings("plain"));
        TinyRun.Run(tiny.Settings("taught", "precision=bf16", "recompute=true") with { Distill = new DistillSettings { Teacher = tiny.Folder["teacher/model"] } });
        Assert.All(tiny.Losses("plain").Zip(tiny.Losses("taught")), l => Assert.True(l.Second > l.First + 0.5));
    }

    [Fact]
    public void Held_out_pairs_are_measured_when_their_step_comes_and_at_the_end()
    {
        using var tiny = new TinyRun();
        var watcher = TinyRun.Run(tiny.Settings("out") with { Evaluations = [new EvaluationSettings { Kind = "pairs", Source = tiny.Folder["pairs"], Every = 4 }] });
        Assert.Equal([4, 6], watcher.Figures.Select(f => f.Step));
        Assert.Equal(24, watcher.Figures[0].Figures.Single(f => f.Name == "n").Value);
        Assert.Equal(2, File.ReadAllLines(tiny.Folder["out/evaluations.jsonl"]).Length);
    }

    [Fact]
    public void Missing_data_and_models_are_named_before_anything_begins()
    {
        using var tiny = new TinyRun();
        Assert.Contains("nowhere-000.tar", Assert.ThrowsAny<ClipException>(() => RunPlan.Of(tiny.Settings("out", "data.train.source=nowhere-{000..003}.tar"))).Message);
        Assert.Contains("model.config is not there", Assert.ThrowsAny<ClipException>(() => RunPlan.Of(tiny.Settings("out", "config=none.json"))).Message);
        Assert.Contains("no logit_bias", Assert.ThrowsAny<ClipException>(() => RunPlan.Of(tiny.Settings("out", "loss=siglip"))).Message);
        Assert.False(Directory.Exists(tiny.Folder["out"]));
    }

    [Fact]
    public void Epochs_are_counted_in_pairs()
    {
        using var tiny = new TinyRun();
        using var plan = RunPlan.Of(tiny.Settings("out") with { Train = new TrainSettings { Batch = 8, Epochs = 2.5 } }, counts: true);
        Assert.Equal(8, plan.Steps);    // 60 pairs
        var report = PlanReport.Of(plan);
        Assert.Contains("24 pairs in 24 parts", report);
        Assert.Contains("steps      8 of 8 pairs, 2.67 times the data", report);
    }
}
