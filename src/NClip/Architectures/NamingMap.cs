using System.Text.RegularExpressions;
using NClip.Architectures.Namings;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>One line of a naming table: a regular expression, and what its match becomes in the canonical name.</summary>
/// <param name="Pattern">Looked for anywhere in the name; anchor it.</param>
/// <param name="Becomes">The replacement; null drops the tensor.</param>
internal sealed record NamingRule(string Pattern, string? Becomes)
{
    /// <summary>Stored the other way round: [out, in] where the canonical matrix is [in, out].</summary>
    public bool Transposed { get; init; }

    /// <summary>Stored with leading dimensions of size 1.</summary>
    public bool Squeeze { get; init; }

    /// <summary>Stored with its rows in several dimensions, [g, g, C], where the canonical matrix is [g·g, C].</summary>
    public bool Rows { get; init; }

    /// <summary>Which part of the canonical tensor this is, along its first dimension.</summary>
    public int Part { get; init; }

    /// <summary>In a table for writing: written in as many equal parts along the first dimension, whose names have these words in place of *.</summary>
    public string[] Split { get; init; } = [];

    /// <summary>In a table for writing: written with leading dimensions of size 1, so that it has this many.</summary>
    public int Rank { get; init; }

    /// <summary>The expression, made when it is first needed.</summary>
    public Regex Regex => field ??= new Regex(Pattern, RegexOptions.CultureInvariant);
}

/// <summary>File names -> canonical names (OpenAI's), and back. A name runs through every rule of its table, top to bottom.</summary>
internal static class NamingMap
{
    private const string Wrapper = "module.";

    /// <summary>Not weights: buffers and the integers of OpenAI's archives.</summary>
    private static readonly NamingRule[] _dropped =
    [
        new(@"^(input_resolution|context_length|vocab_size)$", null),
        new(@"(^|\.)(position_ids|token_type_ids|num_batches_tracked|attn_mask)$", null),
    ];

    /// <summary>How names begin that no class of transformers has.</summary>
    private static readonly string[] _jinaClip = ["text_model.transformer.", "vision_model.cls_token", "vision_model.pos_embed", "vision_model.patch_embed.", "vision_model.blocks.", "vision_model.norm.", "vision_model.rope."];

    /// <summary>The table of each naming, for a file with these names.</summary>
    private static NamingRule[] Rules(Naming naming, IEnumerable<string> names) => naming switch
    {
        Naming.MobileClip => MobileClipNames.Rules(names),
        Naming.HuggingFace => HuggingFaceNames.Rules,
        Naming.ChineseClip => ChineseClipNames.Rules,
        Naming.Timm => [.. TimmNames.Rules, .. OpenClipNames.Rules],
        Naming.OpenClip => OpenClipNames.Rules,
        Naming.EvaClip => EvaNames.Rules,
        Naming.JinaClip => JinaClipNames.Rules,
        Naming.PerceptionEncoder => PerceptionEncoderNames.Rules,
        Naming.TinyClip => TinyClipNames.Rules,
        _ => [],
    };

    /// <summary>The tensors of <paramref name="file"/> under canonical names, layers that it keeps as branches as one.</summary>
    public static ModelTensors Apply(StateDict file)
    {
        var own = OwnFile.Of(file);
        var stored = own is null ? file.Tensors : file.Tensors.Where(t => !IsInteger(t.Key)).ToDictionary();
        var prefix = Prefix(stored.Keys).Length;
        var names = stored.Keys.Select(k => k[prefix..]);
        var naming = own?.Naming ?? Recognise(names);
        NamingRule[] rules = [.. _dropped, .. Rules(naming, names)];
        var parts = new Dictionary<string, SortedList<int, (TensorEntry Entry, NamingRule[] By)>>();
        foreach (var (key, entry) in stored)
        {
            if (Canonical(key[prefix..], rules) is not var (name, part, by)) continue;
            if (!parts.TryGetValue(name, out var list)) parts[name] = list = [];
            if (!list.TryAdd(part, (entry, by)))
                throw new CheckpointException(file.Path, $"tensors '{Shown.Name(list[part].Entry.Name)}' and '{Shown.Name(key)}' are both '{Shown.Name(name)}' in {naming} naming.");
        }
        var tensors = parts.ToDictionary(p => p.Key, p => Join(file.Path, p.Key, [.. p.Value.Values]));
        if (own is not null)
        {
            foreach (var (key, entry) in file.Tensors)
            {
                if (key.StartsWith(OwnFile.Integers, StringComparison.Ordinal)) tensors[key[OwnFile.Integers.Length..]] = Matrix(file, key[OwnFile.Integers.Length..], entry);
                if (key.StartsWith(OwnFile.Table, StringComparison.Ordinal)) tensors[key[OwnFile.Table.Length..]] = Table(file, key[OwnFile.Table.Length..], entry);
            }
        }
        return MergedBranches.Of(new ModelTensors(file.Path, naming, tensors) { Own = own });
    }

    /// <summary>What all names begin with that says nothing: a wrapper's "module.", or nothing.</summary>
    public static string Prefix(IEnumerable<string> names) => names.Any() && names.All(k => k.StartsWith(Wrapper, StringComparison.Ordinal)) ? Wrapper : "";

    private static bool IsInteger(string name) => name.StartsWith(OwnFile.Integers, StringComparison.Ordinal) || name.StartsWith(OwnFile.Table, StringComparison.Ordinal) || name.StartsWith(OwnFile.Scales, StringComparison.Ordinal);

    private static ModelTensor Matrix(StateDict file, string name, TensorEntry integers)
    {
        var scales = ScalesOf(file, name, integers, axis: 1, "or UInt8 [in, out]", "[out]");
        return new(name, [integers.Shape[1], integers.Shape[0]], [integers]) { Scales = scales };
    }

    private static ModelTensor Table(StateDict file, string name, TensorEntry integers) =>
        new(name, integers.Shape, [integers]) { Scales = ScalesOf(file, name, integers, axis: 0, "[rows, width]", "[rows]"), IsTable = true };

    /// <summary>The scales of integers, as many as they have along an axis.</summary>
    private static TensorEntry ScalesOf(StateDict file, string name, TensorEntry integers, int axis, string shape, string of) =>
        (integers.Type == TensorType.Int8 || (integers.Type == TensorType.UInt8 && axis == 1)) && integers.Shape.Length == 2 && file.Tensors.GetValueOrDefault(OwnFile.Scales + name) is { Type: TensorType.Float32, Shape: [var count] } scales && count == integers.Shape[axis] ? scales
        : throw new CheckpointException(file.Path, $"tensor '{Shown.Name(integers.Name)}' is {integers.Type} {ModelTensors.Show(integers.Shape)}; Int8 {shape} with '{Shown.Name(OwnFile.Scales + name)}' Float32 {of} beside it was expected. Export it again.");

    /// <summary>Whose names these are, by what only they have.</summary>
    internal static Naming Recognise(IEnumerable<string> names)
    {
        var naming = Naming.OpenAI;
        foreach (var n in names)
        {
            if (_jinaClip.Any(p => n.StartsWith(p, StringComparison.Ordinal))) return Naming.JinaClip;
            if (n.StartsWith("vision_model.", StringComparison.Ordinal) || n.StartsWith("text_model.", StringComparison.Ordinal)) return Naming.HuggingFace;
            if (n.StartsWith("bert.", StringComparison.Ordinal)) return Naming.ChineseClip;
            if (n.StartsWith("visual.trunk.", StringComparison.Ordinal)) return Naming.Timm;
            if (n.StartsWith("image_encoder.model.", StringComparison.Ordinal)) return Naming.MobileClip;
            if (n == "visual.cls_token") return Naming.EvaClip;
            if (n == "visual.attn_pool.probe") return Naming.PerceptionEncoder;
            if (n.StartsWith("_image_encoder.", StringComparison.Ordinal)) return Naming.TinyClip;
            if (n.StartsWith("text.", StringComparison.Ordinal) || n.StartsWith("text_projection.", StringComparison.Ordinal)) naming = Naming.OpenClip;
        }
        return naming;
    }

    /// <summary>The canonical name, the part of it, and the rules that fired; null for what is dropped.</summary>
    internal static (string Name, int Part, NamingRule[] By)? Canonical(string name, IReadOnlyList<NamingRule> rules) =>
        Rewrite(name, rules) is var (canonical, by) ? (canonical, by.Select(r => r.Part).DefaultIfEmpty().Max(), by) : null;

    /// <summary>The model's tensors as a table for writing names and lays them out; element types stay as they are stored.</summary>
    public static IEnumerable<(string Name, TensorType Type, long[] Shape, Action<Stream> Data)> Write(ModelTensors tensors, ClipSpec spec, IReadOnlyList<NamingRule> rules)
    {
        foreach (var (canonical, shape, _) in spec.Tensors())
        {
            if (Rewrite(canonical, rules) is not var (name, by)) continue;
            var (t, transposed) = (tensors[canonical], by.Any(r => r.Transposed));
            var split = by.Select(r => r.Split).FirstOrDefault(s => s.Length > 0) ?? [""];
            long[] written = transposed ? [shape[1], shape[0]] : shape;
            written = [.. Enumerable.Repeat(1L, Math.Max(0, by.Select(r => r.Rank).DefaultIfEmpty().Max() - written.Length)), .. written];
            if (split.Length > 1) written = [written[0] / split.Length, .. written[1..]];
            foreach (var (i, word) in split.Index())
                yield return (name.Replace("*", word, StringComparison.Ordinal), t.Type, written, to => to.Write(Part(t.Bytes(transposed), i, split.Length).Span));
        }
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> all, int i, int parts) => all.Slice(i * (all.Length / parts), all.Length / parts);

    /// <summary>What a name becomes, and the rules that fired; null for what is dropped.</summary>
    private static (string Name, NamingRule[] By)? Rewrite(string name, IReadOnlyList<NamingRule> rules)
    {
        var by = new List<NamingRule>();
        foreach (var rule in rules)
        {
            if (!rule.Regex.IsMatch(name)) continue;
            if (rule.Becomes is null) return null;
            name = rule.Regex.Replace(name, rule.Becomes);
            by.Add(rule);
        }
        return (name, [.. by]);
    }

    private static ModelTensor Join(string file, string name, IReadOnlyList<(TensorEntry Entry, NamingRule[] By)> parts)
    {
        long[]? shape = null;
        foreach (var (entry, by) in parts)
        {
            var s = by.Any(r => r.Squeeze) ? [.. entry.Shape.SkipWhile((d, i) => d == 1 && i < entry.Shape.Length - 1)] : entry.Shape;
            if (by.Any(r => r.Rows) && s.Length > 1) s = [s[..^1].Aggregate(1L, (a, b) => a * b), s[^1]];
            if (shape is null) { shape = s; continue; }
            if (s.Length != shape.Length || !s.AsSpan(1).SequenceEqual(shape.AsSpan(1)))
                throw new CheckpointException(file, $"tensor '{Shown.Name(entry.Name)}' has shape {ModelTensors.Show(entry.Shape)}, which does not fit '{Shown.Name(parts[0].Entry.Name)}' of shape {ModelTensors.Show(parts[0].Entry.Shape)}.");
            shape = [shape[0] + s[0], .. shape[1..]];
        }
        var transposed = parts[0].By.Any(r => r.Transposed) && shape!.Length == 2;
        return new ModelTensor(name, transposed ? [shape![1], shape[0]] : shape!, [.. parts.Select(p => p.Entry)]) { Transposed = transposed };
    }
}
