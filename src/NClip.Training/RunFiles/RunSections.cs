using System.Text;

namespace NClip.Training.RunFiles;

/// <summary>The tables of a run file.</summary>
internal static class RunSections
{
    /// <summary>Names of the tables at the root.</summary>
    public static IReadOnlyList<string> Tables { get; } = ["model", "data", "augment", "train", "distill"];

    /// <summary>Each table's keys: its head as it is written, and name, default and meaning of each.</summary>
    public static IReadOnlyList<(string Head, IReadOnlyList<(string Name, string Default, string Says)> Keys)> All { get; } =
    [
        ("", List(RunKeys.Root, new())),
        ("[model]", List(RunKeys.Model, new())),
        ("[[data.train]]", List(RunKeys.Source, new())),
        ("[[data.eval]]", List(RunKeys.Evaluation, new())),
        ("[augment]", List(RunKeys.Augment, new())),
        ("[train]", List(RunKeys.Train, new())),
        ("[distill]", List(RunKeys.Distill, new())),
    ];

    /// <summary>A run file with every key at its default, and what each means: what <c>nclip train --describe</c> prints.</summary>
    public static string Describe()
    {
        var text = new StringBuilder();
        foreach (var (head, keys) in All)
        {
            if (head.Length > 0) text.Append('\n').Append(head).Append('\n');
            var width = keys.Max(k => k.Name.Length + k.Default.Length + 3);
            foreach (var (name, value, says) in keys) text.Append($"{name} = {value}".PadRight(width)).Append("  # ").Append(says).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>What decides the weights of a run, key by key: two runs with equal lists are one.</summary>
    public static IReadOnlyList<(string Key, string Value)> Identity(RunSettings s) =>
    [
        .. Values("", RunKeys.Root, s),
        .. Values("model", RunKeys.Model, s.Model),
        .. s.Sources.SelectMany((t, i) => Values(FormattableString.Invariant($"data.train[{i}]"), RunKeys.Source, t)),
        .. Values("augment", RunKeys.Augment, s.Augment),
        .. Values("train", RunKeys.Train, s.Train),
        .. Values("distill", RunKeys.Distill, s.Distill),
    ];

    public static string Path(string section, string name) => section.Length == 0 ? name : $"{section}.{name}";

    /// <summary>A refusal of a key, with the nearest that there is.</summary>
    public static RunFileException Unknown(string name, string section, IReadOnlyList<string> known, RunNode node)
    {
        var elsewhere = All.Where(t => t.Keys.Any(k => k.Name == name)).Select(t => t.Head.Length == 0 ? "the top of the file" : t.Head).FirstOrDefault();
        var hint = elsewhere is not null ? $" It belongs to {elsewhere}." : "";
        return new RunFileException($"'{Foundation.Shown.Name(Path(section, name))}' is no key of a run.{hint} {(section.Length == 0 ? "The file" : $"[{section}]")} has {string.Join(", ", known)}. See `nclip train --describe`.", node.Place);
    }

    private static IReadOnlyList<(string, string, string)> List<T>(IReadOnlyList<RunKey<T>> keys, T defaults) => [.. keys.Select(k => (k.Name, k.Written(defaults), k.Says))];

    private static IEnumerable<(string, string)> Values<T>(string section, IReadOnlyList<RunKey<T>> keys, T settings) => keys.Where(k => k.Decides).Select(k => (Path(section, k.Name), k.Written(settings)));
}
