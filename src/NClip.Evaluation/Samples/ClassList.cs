using System.Globalization;
using System.Text.Json;
using NClip.ZeroShot;

namespace NClip.Evaluation;

/// <summary>Classes to choose among, and how the data writes each: by its name, by a key such as a WordNet id, or by its number.</summary>
public sealed class ClassList
{
    private readonly Dictionary<string, int> _index;

    private ClassList(IReadOnlyList<LabelClass> classes, IEnumerable<(string Written, int Index)> more)
    {
        Classes = classes;
        _index = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (i, c) in classes.Index()) _index.TryAdd(Plain(c.Label), i);
        foreach (var (written, i) in more) _index.TryAdd(Plain(written), i);
        foreach (var (i, c) in classes.Index())
            foreach (var n in c.Names) _index.TryAdd(Plain(n), i);
        for (var i = 0; i < classes.Count; i++) _index.TryAdd(i.ToString(CultureInfo.InvariantCulture), i);
    }

    /// <summary>The classes in their order.</summary>
    public IReadOnlyList<LabelClass> Classes { get; }

    /// <summary>Given classes, in their order: the data writes their label, one of their names, or their number from 0.</summary>
    /// <exception cref="EvaluationException">There is none, or two have one label.</exception>
    public static ClassList Of(IReadOnlyList<LabelClass> classes) => Of(classes, []);

    /// <summary>The classes that occur in the data, in the order of their names; underscores in them are spaces.</summary>
    /// <exception cref="EvaluationException">A picture has no class.</exception>
    public static ClassList Of(params IReadOnlyList<EncodedSamples> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var written = samples.SelectMany(s => s.Facts).Select(f => f.Label ?? throw NoClass(f)).Distinct().Order(StringComparer.Ordinal).ToArray();
        return Of([.. written.Select(w => new LabelClass(Spaced(w)))], written.Index().Select(w => (w.Item, w.Index)));
    }

    /// <summary>Reads a file of classes: lines of <c>name|other name</c>, with a key and a tab before them where the data writes keys; or JSON, <c>["name", ...]</c> or <c>{"key": ["name", "other name"], ...}</c>. Or a set that NClip has (imagenet, cifar10, ...).</summary>
    /// <exception cref="EvaluationException">There is no such file or set, or it is none of these.</exception>
    public static ClassList Read(string fileOrSet)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fileOrSet);
        if (!File.Exists(fileOrSet))
            return PromptSets.Contains(fileOrSet) ? Of(PromptSets.Classes(fileOrSet))
                : throw new EvaluationException($"there is neither such a file nor such a set of classes. Give a file with one class a line, or one of {string.Join(", ", PromptSets.Names)}.", fileOrSet);
        try
        {
            var text = File.ReadAllText(fileOrSet);
            var entries = text.TrimStart() is ['{' or '[', ..] ? Json(text, fileOrSet) : Lines(text);
            return Of([.. entries.Select(e => e.Class)], entries.Index().Where(e => e.Item.Key is not null).Select(e => (e.Item.Key!, e.Index)));
        }
        catch (Exception e) when (e is JsonException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new EvaluationException($"the classes cannot be read: {e.Message} Expected: one class a line, or {{\"key\": [\"name\", ...]}}.", fileOrSet, e);
        }
    }

    /// <summary>The number of a sample's class.</summary>
    /// <exception cref="EvaluationException">It has none, or one that is not here.</exception>
    public int IndexOf(SampleFacts sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var written = sample.Label ?? throw NoClass(sample);
        return _index.TryGetValue(Plain(written), out var i) ? i
            : throw new EvaluationException($"{sample.Key} is of the class \"{written}\", which is not among the {Classes.Count} classes ({string.Join(", ", Classes.Take(3).Select(c => c.Label))}, ...). Name the classes as the data does: a file with a key, a tab and the name in each line.");
    }

    private static ClassList Of(IReadOnlyList<LabelClass> classes, IEnumerable<(string, int)> more)
    {
        if (classes is null || classes.Count == 0) throw new EvaluationException("there is no class; give at least one.");
        var twice = classes.GroupBy(c => c.Label, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null ? new(classes, more) : throw new EvaluationException($"two classes are called \"{twice}\"; the first name of each must be its own.");
    }

    private static List<(string? Key, LabelClass Class)> Lines(string text) =>
    [
        .. from line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
           where line[0] != '#'
           let parts = line.Split('\t', 2, StringSplitOptions.TrimEntries)
           select ((string?)(parts.Length == 2 ? parts[0] : null), LabelClass.Parse(parts[^1])),
    ];

    private static List<(string? Key, LabelClass Class)> Json(string text, string file)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.ValueKind == JsonValueKind.Array
            ? [.. json.RootElement.EnumerateArray().Select(e => ((string?)null, Named(e, file)))]
            : Distinct([.. json.RootElement.EnumerateObject().Select(p => ((string?)p.Name, Named(p.Value, file)))]);
    }

    // WordNet has classes of one first name (crane, the bird and the machine): those go by all of theirs.
    private static List<(string? Key, LabelClass Class)> Distinct(List<(string? Key, LabelClass Class)> entries)
    {
        var twice = entries.GroupBy(e => e.Class.Label).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        return [.. entries.Select(e => twice.Contains(e.Class.Label) ? (e.Key, new LabelClass($"{e.Class.Label} ({e.Key})", e.Class.Names)) : e)];
    }

    private static LabelClass Named(JsonElement e, string file) => e.ValueKind switch
    {
        JsonValueKind.String => new LabelClass(e.GetString()!),
        JsonValueKind.Array when e.GetArrayLength() > 0 && e.EnumerateArray().All(n => n.ValueKind == JsonValueKind.String) => new LabelClass(e[0].GetString()!, [.. e.EnumerateArray().Select(n => n.GetString()!)]),
        _ => throw new EvaluationException($"a class is {e.GetRawText()}; a name or a list of names is expected.", file),
    };

    private static string Spaced(string written) => written.Replace('_', ' ');

    private static string Plain(string written) => Spaced(written).Trim();

    private static EvaluationException NoClass(SampleFacts sample) => new($"{sample.Key} has no class. Pictures with classes are a folder for each class, shards with .cls, or a table with a column label.");
}
