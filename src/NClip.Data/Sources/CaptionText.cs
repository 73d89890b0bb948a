using System.Text.Json;

namespace NClip.Data;

/// <summary>Captions in text files and json.</summary>
internal static class CaptionText
{
    private static readonly string[] _fields = ["captions", "caption", "text", "title"];

    /// <summary>Each line that is not empty, or the whole text.</summary>
    public static string[] Split(string text, bool perLine) => text.Trim('\uFEFF', ' ', '\t', '\r', '\n') is not { Length: > 0 } trimmed ? []
        : perLine ? trimmed.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [trimmed];

    /// <summary>A json object's captions, under the names that data sets use.</summary>
    public static string[] Of(JsonElement facts)
    {
        if (facts.ValueKind != JsonValueKind.Object) return [];
        foreach (var field in _fields)
            if (facts.TryGetProperty(field, out var value) && Strings(value) is { Length: > 0 } captions) return captions;
        return [];
    }

    /// <summary>A string, or the strings of an array; anything else but null as it is written.</summary>
    public static string[] Strings(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => [.. value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)],
        JsonValueKind.Null or JsonValueKind.Undefined or JsonValueKind.Object => [],
        _ => [value.GetRawText()],
    };
}
