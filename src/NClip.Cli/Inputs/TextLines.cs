using System.Globalization;
using System.Text.Json;

namespace NClip.Cli.Inputs;

/// <summary>One text of a call.</summary>
/// <param name="Line">Number of the line, from 1.</param>
/// <param name="Id">The member "id" as JSON, or null.</param>
/// <param name="Text">The text itself.</param>
/// <param name="Error">Why the line cannot be used, or null.</param>
internal readonly record struct TextLine(int Line, string? Id, string Text, string? Error);

/// <summary>Texts from a file, read as they are needed: one a line, or one JSON object a line. The first character that is no white space says which: <c>{</c> is JSON.</summary>
internal static class TextLines
{
    /// <summary>Yields a result for each line that is not empty; a line that cannot be used comes with its error.</summary>
    public static IEnumerable<TextLine> Read(TextReader reader)
    {
        bool? json = null;
        for (var n = 1; reader.ReadLine() is { } line; n++)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            json ??= line.AsSpan().TrimStart()[0] == '{';
            yield return json.Value ? Parse(n, line) : Plain(n, line);
        }
    }

    private static TextLine Plain(int number, string line)
        => new(number, null, line, line.Contains('\0', StringComparison.Ordinal) ? $"line {number} is no text; expected a text a line, or {{\"text\": \"...\"}}." : null);

    private static TextLine Parse(int number, string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return new(number, null, "", $"line {number} is no JSON object; expected {{\"text\": \"...\"}}.");
            var id = json.RootElement.TryGetProperty("id", out var i) ? i.GetRawText() : null;
            return json.RootElement.TryGetProperty("text", out var t) && t.ValueKind == JsonValueKind.String
                ? new(number, id, t.GetString()!, null)
                : new(number, id, "", $"line {number} has no string \"text\"; expected {{\"text\": \"...\"}}.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second: an unpaired surrogate
        {
            return new(number, null, "", $"line {number} is no JSON{(e is JsonException { BytePositionInLine: { } at } ? string.Create(CultureInfo.InvariantCulture, $" (wrong at byte {at + 1})") : "")}; expected {{\"text\": \"...\"}}.");
        }
    }
}
