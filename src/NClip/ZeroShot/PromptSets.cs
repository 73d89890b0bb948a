using System.Collections.Frozen;
using System.IO.Compression;
using System.Text.Json;

namespace NClip.ZeroShot;

/// <summary>
/// The class names and templates with which CLIP's zero-shot results were measured, by data set (openai/CLIP data/prompts.md and
/// notebooks/Prompt_Engineering_for_ImageNet.ipynb): <c>imagenet</c> (80 templates), <c>imagenet_7</c>, <c>imagenet_simple</c>,
/// <c>cifar10</c>, <c>food101</c>, ... Names are in lower case; case does not matter in asking. Classes are in label order.
/// </summary>
public static class PromptSets
{
    private static readonly Lazy<FrozenDictionary<string, PromptSet>> _sets = new(Read);

    /// <summary>Names of all sets, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _sets.Value.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether there is a set of that name.</summary>
    public static bool Contains(string name) => _sets.Value.ContainsKey(name);

    /// <summary>The templates of a set.</summary>
    /// <exception cref="ClipException">There is no such set.</exception>
    public static PromptTemplates Templates(string name) => Find(name).Templates;

    /// <summary>The classes of a set, in label order; some have several names.</summary>
    /// <exception cref="ClipException">There is no such set.</exception>
    public static IReadOnlyList<LabelClass> Classes(string name) => Find(name).Classes;

    private static PromptSet Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _sets.Value.TryGetValue(name, out var set) ? set
            : throw new ClipException($"there is no prompt set '{name}'. The sets are {string.Join(", ", Names)}.");
    }

    private static FrozenDictionary<string, PromptSet> Read()
    {
        using var stream = new GZipStream(typeof(PromptSets).Assembly.GetManifestResourceStream("NClip.ZeroShot.Data.prompts.json.gz")!, CompressionMode.Decompress);
        using var json = JsonDocument.Parse(stream);
        var root = json.RootElement;
        return root.EnumerateObject().ToFrozenDictionary(p => p.Name, p => ReadSet(root, p.Value), StringComparer.OrdinalIgnoreCase);
    }

    private static PromptSet ReadSet(JsonElement root, JsonElement set)
    {
        // The smaller ImageNet sets are other templates for the same classes.
        var owner = set.TryGetProperty("classes_from", out var from) ? root.GetProperty(from.GetString()!) : set;
        return new PromptSet(
            PromptTemplates.Of(Strings(set.GetProperty("templates"))),
            [.. owner.GetProperty("classes").EnumerateArray().Select(ReadClass)]);
    }

    private static LabelClass ReadClass(JsonElement names) => names.ValueKind == JsonValueKind.String
        ? new LabelClass(names.GetString()!)
        : new LabelClass(names[0].GetString()!, Strings(names));

    private static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString()!)];

    private sealed record PromptSet(PromptTemplates Templates, IReadOnlyList<LabelClass> Classes);
}
