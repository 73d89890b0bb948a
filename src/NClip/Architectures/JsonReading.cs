using System.Text.Json;

namespace NClip.Architectures;

/// <summary>Optional values of a configuration: absent and null are the same.</summary>
internal static class JsonReading
{
    /// <summary>A nested object; an empty one where it is absent.</summary>
    public static JsonElement Object(this JsonElement e, string name) => e.Get(name) is { ValueKind: JsonValueKind.Object } o ? o : default;

    public static int? Int(this JsonElement e, string name) => e.Get(name) is { ValueKind: JsonValueKind.Number } v ? v.GetInt32() : null;

    public static double? Number(this JsonElement e, string name) => e.Get(name) is { ValueKind: JsonValueKind.Number } v ? v.GetDouble() : null;

    public static string? String(this JsonElement e, string name) => e.Get(name) is { ValueKind: JsonValueKind.String } v ? v.GetString() : null;

    public static bool? Flag(this JsonElement e, string name) => e.Get(name) switch { { ValueKind: JsonValueKind.True } => true, { ValueKind: JsonValueKind.False } => false, _ => null };

    public static float[]? Floats(this JsonElement e, string name) =>
        e.Get(name) is { ValueKind: JsonValueKind.Array } v ? [.. v.EnumerateArray().Select(i => i.GetSingle())] : null;

    /// <summary>One number for both, or [height, width].</summary>
    public static (int Height, int Width)? Size(this JsonElement e, string name) => e.Get(name) switch
    {
        { ValueKind: JsonValueKind.Number } v => (v.GetInt32(), v.GetInt32()),
        { ValueKind: JsonValueKind.Array } v when v.GetArrayLength() == 2 => (v[0].GetInt32(), v[1].GetInt32()),
        _ => null,
    };

    /// <summary>The value, or null where it is absent or JSON's null.</summary>
    public static JsonElement? Get(this JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var v) && v.ValueKind != JsonValueKind.Null ? v : null;
}
