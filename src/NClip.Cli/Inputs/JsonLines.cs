using System.Text;
using System.Text.Json;

namespace NClip.Cli.Inputs;

/// <summary>One object of a JSON lines file.</summary>
/// <param name="Line">Number of the line, from 1.</param>
/// <param name="Id">The member "id" as JSON, or null.</param>
/// <param name="Text">The member "text".</param>
/// <param name="Error">Why the line cannot be used, or null.</param>
internal readonly record struct TextLine(int Line, string? Id, string Text, string? Error);

/// <summary>Texts from a file with one JSON object a line, read as they are needed.</summary>
internal static class JsonLines
{
    /// <summary>Yields a result for each line that is not empty; a line that is no object with a "text" comes with its error.</summary>
    /// <exception cref="UsageException">The file cannot be opened.</exception>
    public static IEnumerable<TextLine> Texts(FileInfo file, string option)
    {
        var reader = Open(file, option);
        return Read();

        IEnumerable<TextLine> Read()
        {
            using (reader)
                for (var n = 1; reader.ReadLine() is { } line; n++)
                    if (!string.IsNullOrWhiteSpace(line)) yield return Parse(n, line);
        }
    }

    private static StreamReader Open(FileInfo file, string option)
    {
        try { return new StreamReader(file.FullName, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new UsageException($"{option} {file}: cannot be read ({e.Message})", e); }
    }

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
            return new(number, null, "", $"line {number} is no JSON: {e.Message}");
        }
    }
}
