using System.Globalization;

namespace NClip.Training.RunFiles;

/// <summary>A run file with what the command line changes of it -> checked settings.</summary>
internal static class RunFile
{
    /// <param name="path">NAME.toml or NAME.json.</param>
    /// <param name="overrides">KEY=VALUE of the command line; a key alone is enough where only one table has it.</param>
    /// <exception cref="RunFileException">The file cannot be read, a key is not known, or a value is none of its kind.</exception>
    public static RunSettings Read(string path, IReadOnlyList<string>? overrides = null)
    {
        var table = RunFileReader.Read(path);
        foreach (var change in overrides ?? []) RunOverrides.Apply(table, change);
        return Settings(table, path);
    }

    private static RunSettings Settings(RunTable table, string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (var (name, node) in table.Values)
            if (!RunKeys.Root.Any(k => k.Name == name) && !RunSections.Tables.Contains(name)) throw RunSections.Unknown(name, "", [.. RunKeys.Root.Select(k => k.Name), .. RunSections.Tables], node);
        var data = Table(table, "data", path);
        foreach (var (name, node) in data.Values)
            if (name is not ("train" or "eval")) throw RunSections.Unknown(name, "data", ["train", "eval"], node);
        var settings = Fill(new RunSettings(), table, RunKeys.Root, "", folder, RunSections.Tables) with
        {
            Model = Fill(new ModelSettings(), Table(table, "model", path), RunKeys.Model, "model", folder),
            Augment = Fill(new AugmentSettings(), Table(table, "augment", path), RunKeys.Augment, "augment", folder),
            Distill = Fill(new DistillSettings(), Table(table, "distill", path), RunKeys.Distill, "distill", folder),
            Train = Fill(new TrainSettings(), Table(table, "train", path), RunKeys.Train, "train", folder),
            Sources = [.. Tables(data, "train").Select((t, i) => Fill(new SourceSettings(), t, RunKeys.Source, Numbered("data.train", i), folder))],
            Evaluations = [.. Tables(data, "eval").Select((t, i) => Fill(new EvaluationSettings(), t, RunKeys.Evaluation, Numbered("data.eval", i), folder))],
        };
        return Checked(settings, path);
    }

    private static T Fill<T>(T settings, RunTable table, IReadOnlyList<RunKey<T>> keys, string section, string folder, IReadOnlyCollection<string>? others = null)
    {
        foreach (var (name, node) in table.Values)
        {
            if (keys.FirstOrDefault(k => k.Name == name) is { } key) settings = key.Set(settings, new RunValue(RunSections.Path(section, name), node, folder));
            else if (others?.Contains(name) != true) throw RunSections.Unknown(name, section, [.. keys.Select(k => k.Name)], node);
        }
        return settings;
    }

    private static RunTable Table(RunTable table, string name, string path) => table[name] switch
    {
        null => new RunTable(),
        { Value: RunTable t } => t,
        var other => throw new RunFileException($"{name} is no table; [{name}] with its keys below was expected.", other.Place ?? path),
    };

    private static IEnumerable<RunTable> Tables(RunTable data, string name) => data[name] switch
    {
        null => [],
        { Value: RunTable one } => [one],
        { Value: List<RunNode> list } => list.Select(n => n.Value as RunTable ?? throw new RunFileException($"data.{name} is no list of tables; [[data.{name}]] was expected.", n.Place)),
        var other => throw new RunFileException($"data.{name} is no table; [[data.{name}]] with its keys below was expected.", other.Place),
    };

    /// <summary>What several keys have to say together.</summary>
    private static RunSettings Checked(RunSettings s, string path)
    {
        Require(s.Output.Length > 0, "output is missing: the folder that the run writes into, output = \"runs/first\".");
        Require(s.Sources.Count > 0, "there is no data: [[data.train]] with source = \"...\" was expected.");
        foreach (var (i, source) in s.Sources.Index()) Require(source.Source.Length > 0, $"{Numbered("data.train", i)}.source is missing.");
        foreach (var (i, e) in s.Evaluations.Index()) Require(e.Kind.Length > 0 && e.Source.Length > 0, $"{Numbered("data.eval", i)} needs kind and source.");
        var starts = new[] { s.Model.Config, s.Model.Init, s.Model.Like }.Count(t => t.Length > 0);
        Require(starts == 1, $"[model] says {starts} of config, init and like; one of them was expected.");
        Require(s.Train.Steps > 0 ^ s.Train.Epochs > 0, "[train] needs one of steps and epochs.");
        Require(s.Train.Batch % s.Train.Accumulate == 0, $"train.batch is {s.Train.Batch} and train.accumulate {s.Train.Accumulate}; the second has to divide the first.");
        Require(s.Train.Steps == 0 || s.Train.Warmup <= s.Train.Steps, $"train.warmup is {s.Train.Warmup}, longer than the run of {s.Train.Steps} steps.");
        Require(s.Train.Schedule == "cooldown" == s.Train.Cooldown > 0, "train.cooldown is the length of a cooldown: give both schedule = \"cooldown\" and cooldown = STEPS, or neither.");
        Require(s.Train.Loss != "siglip" || s.Train is { LabelSmoothing: 0, Positives: "" or "own" }, "label_smoothing and positives are InfoNCE's; the loss siglip has neither.");
        Require(s.Train.LabelSmoothing == 0 || s.Train is { Loss: "clip", Positives: "" or "own" }, "label_smoothing goes with loss = \"clip\" and a picture's own text alone.");
        Require(s.Train.WiseFt.Length == 0 || s.Model.Init.Length > 0, "train.wise_ft goes from the weights of model.init to the last ones; the run has no init.");
        Require(s.Distill.Teacher.Length == 0 || s.Train.Loss != "siglip", "a teacher's distribution goes with the losses clip and clip+classes.");
        return s;

        void Require(bool holds, string otherwise)
        {
            if (!holds) throw new RunFileException(otherwise, path);
        }
    }

    private static string Numbered(string section, int i) => string.Create(CultureInfo.InvariantCulture, $"{section}[{i}]");
}
