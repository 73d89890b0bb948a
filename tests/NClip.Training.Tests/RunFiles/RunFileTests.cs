using NClip.Tests;
using NClip.Training.RunFiles;
using Xunit;

namespace NClip.Training.Tests.RunFiles;

public sealed class RunFileTests
{
    private const string Good = """
        output = "runs/first"
        seed = 3
        [model]
        config = "small.json"
        [[data.train]]
        source = "a-{000..002}.tar"
        [[data.train]]
        source = "https://host/b.tar"
        weight = 0.5
        [[data.eval]]
        kind = "pairs"
        source = "c.tar"
        [train]
        batch = 32
        steps = 10
        lr = 1e-3
        """;

    [Fact]
    public void Values_arrive_and_paths_start_at_the_file()
    {
        using var folder = new TemporaryFolder();
        var s = RunFile.Read(folder.Write("sub/run.toml", Good));
        Assert.Equal((Path.Combine(folder["sub"], "runs/first"), 3, 32, 10, 1e-3, 0.2), (s.Output, s.Seed, s.Train.Batch, s.Train.Steps, s.Train.Lr, s.Train.WeightDecay));
        Assert.Equal([(Path.Combine(folder["sub"], "a-{000..002}.tar"), 1.0), ("https://host/b.tar", 0.5)], s.Sources.Select(t => (t.Source, t.Weight)));
        Assert.Equal(0, Assert.Single(s.Evaluations).Every);
    }

    [Fact]
    public void Json_says_the_same()
    {
        using var folder = new TemporaryFolder();
        var json = RunFile.Read(folder.Write("run.json", """{"output": "runs/first", "seed": 3, "model": {"config": "small.json"}, "data": {"train": [{"source": "a-{000..002}.tar"}, {"source": "https://host/b.tar", "weight": 0.5}]}, "train": {"batch": 32, "steps": 10, "lr": 1e-3}}"""));
        Assert.Equal(RunSections.Identity(RunFile.Read(folder.Write("run.toml", Good))), RunSections.Identity(json));
    }

    [Theory]
    [InlineData("lr=5e-4", "train.lr", "0.0005")]
    [InlineData("train.lr=5e-4", "train.lr", "0.0005")]
    [InlineData("seed=9", "seed", "9")]
    [InlineData("schedule=constant", "train.schedule", "\"constant\"")]
    [InlineData("data.train.1.weight=2", "data.train[1].weight", "2")]
    [InlineData("flip=0.5", "augment.flip", "0.5")]
    public void The_command_line_changes_values(string change, string key, string value)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains((key, value), RunSections.Identity(RunFile.Read(folder.Write("run.toml", Good), [change])));
    }

    [Theory]
    [InlineData("colour = 3", "run.toml:17: 'train.colour' is no key of a run.")]
    [InlineData("image_column = \"x\"", "It belongs to [[data.train]].")]
    [InlineData("lr = 2", "run.toml:17: lr is given twice, first at ")]
    [InlineData("warmup = \"long\"", "run.toml:17: train.warmup is \"long\"; a whole number of 0 or more was expected.")]
    [InlineData("precision = \"fp16\"", "one of fp32, bf16 was expected")]
    [InlineData("clip_norm = -1", "train.clip_norm is -1; a number of 0 or more was expected")]
    [InlineData("warmup = ", "run.toml:17: is no TOML")]
    [InlineData("accumulate = 5", "the second has to divide the first")]
    [InlineData("epochs = 2", "one of steps and epochs")]
    [InlineData("warmup = 11", "longer than the run of 10 steps")]
    [InlineData("schedule = \"cooldown\"", "train.cooldown is the length of a cooldown")]
    [InlineData("started = 2026-01-01", "a date or time is no value that a run has")]
    [InlineData("[optimizer]\nname = \"adamw\"", "run.toml:17: 'optimizer' is no key of a run.")]
    [InlineData("[data]\ntest = 1", "'data.test' is no key of a run.")]
    [InlineData("[model.more]\nx = 1", "'model.more' is no key of a run.")]
    public void What_is_wrong_is_named_with_its_line(string line, string said)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(said, Assert.Throws<RunFileException>(() => RunFile.Read(folder.Write("run.toml", Good + "\n" + line + "\n"))).Message);
    }

    [Theory]
    [InlineData("lr", "KEY=VALUE was expected")]
    [InlineData("speed=1", "'speed' is no key of a run")]
    [InlineData("source=x", "several tables have the key source")]
    [InlineData("data.train.source=x", "there are 2 tables train; say which by its number")]
    [InlineData("lr=fast", "--set lr=fast: train.lr is \"fast\"")]
    public void A_change_that_is_wrong_is_named(string change, string said)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(said, Assert.Throws<RunFileException>(() => RunFile.Read(folder.Write("run.toml", Good), [change])).Message);
    }

    [Fact]
    public void The_description_is_itself_a_run_file_with_every_key()
    {
        using var folder = new TemporaryFolder();
        var table = RunFileReader.Read(folder.Write("all.toml", RunSections.Describe()));
        var train = Assert.IsType<RunTable>(table["train"]!.Value);
        Assert.Equal(RunKeys.Train.Select(k => k.Name), train.Values.Select(v => v.Key));
    }
}
