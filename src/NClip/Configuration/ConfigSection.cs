using System.Globalization;
using System.Text.Json;
using NClip.Checkpoints;
using NClip.Foundation;

namespace NClip.Configuration;

/// <summary>Whole numbers that a key of a configuration may have: beyond what any published model has, and small enough that nothing overflows.</summary>
/// <param name="Least">Smallest.</param>
/// <param name="Most">Largest.</param>
internal readonly record struct ConfigRange(int Least, int Most)
{
    /// <summary>Channels, and numbers of heads.</summary>
    public static ConfigRange Width => new(1, 1 << 16);

    /// <summary>Blocks of a tower, or of one stage.</summary>
    public static ConfigRange Layers => new(1, 1000);

    /// <summary>A side of a picture or of a patch in pixels.</summary>
    public static ConfigRange Side => new(1, 4096);

    /// <summary>Patches of a picture of any shape.</summary>
    public static ConfigRange Patches => new(1, 4096);

    /// <summary>Tokens of a text, rows of a position table.</summary>
    public static ConfigRange Positions => new(1, 1 << 17);

    /// <summary>Rows of an embedding table, hidden channels.</summary>
    public static ConfigRange Rows => new(1, 1 << 28);

    /// <summary>A token id.</summary>
    public static ConfigRange Id => new(0, 1 << 28);
}

/// <summary>An object of a configuration, with the file and the keys that lead to it, for messages. Absent and null values are the same.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">The keys, joined with '.'; empty for the root.</param>
/// <param name="Element">The object; undefined where it is absent.</param>
internal readonly record struct ConfigSection(string File, string Path, JsonElement Element)
{
    /// <summary>A nested object; an empty one where it is absent.</summary>
    public ConfigSection Object(string name) => new(File, KeyOf(name), Get(name) is { ValueKind: JsonValueKind.Object } o ? o : default);

    /// <summary>A whole number.</summary>
    /// <exception cref="CheckpointException">It is outside <paramref name="range"/>.</exception>
    public int? Int(string name, ConfigRange range) => Get(name) is { ValueKind: JsonValueKind.Number } v ? Int(name, v, range) : null;

    /// <summary>A number above <paramref name="above"/> and up to <paramref name="most"/>.</summary>
    /// <exception cref="CheckpointException">It is not.</exception>
    public double? Number(string name, double above, double most) => Get(name) is { ValueKind: JsonValueKind.Number } v ? Number(name, v, above, most) : null;

    public string? String(string name) => Get(name) is { ValueKind: JsonValueKind.String } v ? v.GetString() : null;

    public bool? Flag(string name) => Get(name) switch { { ValueKind: JsonValueKind.True } => true, { ValueKind: JsonValueKind.False } => false, _ => null };

    /// <summary>A number for each of red, green and blue, above <paramref name="above"/> and up to <paramref name="most"/>.</summary>
    /// <exception cref="CheckpointException">There are not three, or one is outside.</exception>
    public float[]? Channels(string name, double above, double most)
    {
        if (Get(name) is not { ValueKind: JsonValueKind.Array } v) return null;
        if (v.GetArrayLength() != 3) throw Refuse(name, v, "a list of three numbers");
        var self = this;
        return [.. v.EnumerateArray().Select(i => (float)self.Number(name, i, above, most))];
    }

    /// <summary>A list of whole numbers.</summary>
    /// <exception cref="CheckpointException">One is outside <paramref name="range"/>.</exception>
    public int[]? Ints(string name, ConfigRange range)
    {
        if (Get(name) is not { ValueKind: JsonValueKind.Array } v) return null;
        var self = this;
        return [.. v.EnumerateArray().Select(i => self.Int(name, i, range))];
    }

    /// <summary>A size of pictures: one number for both sides, or [height, width].</summary>
    /// <exception cref="CheckpointException">A side is outside <see cref="ConfigRange.Side"/>.</exception>
    public (int Height, int Width)? Size(string name) => Get(name) switch
    {
        { ValueKind: JsonValueKind.Number } v => (Int(name, v, ConfigRange.Side), Int(name, v, ConfigRange.Side)),
        { ValueKind: JsonValueKind.Array } v when v.GetArrayLength() == 2 => (Int(name, v[0], ConfigRange.Side), Int(name, v[1], ConfigRange.Side)),
        _ => null,
    };

    /// <summary>The value, or null where it is absent or JSON's null.</summary>
    public JsonElement? Get(string name) =>
        Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(name, out var v) && v.ValueKind != JsonValueKind.Null ? v : null;

    /// <summary>A refusal of a word that is none of the known ones.</summary>
    public CheckpointException Unknown(string name, string? found, string expected) => new(File, $"{KeyOf(name)} is '{Shown.Name(found ?? "")}'; NClip knows {expected}.");

    /// <summary>The value itself, checked.</summary>
    private int Int(string name, JsonElement v, ConfigRange range) =>
        v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) && n >= range.Least && n <= range.Most
            ? n
            : throw Refuse(name, v, string.Create(CultureInfo.InvariantCulture, $"a whole number from {range.Least} to {range.Most}"));

    private double Number(string name, JsonElement v, double above, double most) =>
        v.ValueKind == JsonValueKind.Number && v.TryGetDouble(out var n) && n > above && n <= most
            ? n
            : throw Refuse(name, v, string.Create(CultureInfo.InvariantCulture, $"a number above {above} and up to {most}"));

    private CheckpointException Refuse(string name, JsonElement found, string expected) =>
        new(File, $"{KeyOf(name)} is {Shown.Name(found.GetRawText())}; {expected} was expected. Correct it, or get the model's own configuration.");

    private string KeyOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";
}
