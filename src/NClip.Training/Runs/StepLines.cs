using System.Text;
using System.Text.Json;

namespace NClip.Training.Runs;

/// <summary>A file of one JSON object a line, each with its step: what a run writes as it goes, and what is left of it when a run goes on.</summary>
internal static class StepLines
{
    /// <summary>Takes away what is behind a step, and a line that was cut; the file then stands at its end.</summary>
    /// <param name="file">Open to read and write.</param>
    /// <param name="step">The last step that counts.</param>
    /// <returns>The lines that stay.</returns>
    public static IReadOnlyList<string> CutBehind(FileStream file, int step)
    {
        var (lines, length) = (new List<string>(), 0L);
        using (var reader = new StreamReader(file, new UTF8Encoding(false), leaveOpen: true))
        {
            var text = reader.ReadToEnd();
            for (int at = 0, end; (end = text.IndexOf('\n', at)) >= 0; at = end + 1)
            {
                var line = text[at..end];
                if (StepOf(line) is not { } s || s > step) break;
                lines.Add(line);
                length += Encoding.UTF8.GetByteCount(line) + 1;
            }
        }
        file.SetLength(length);
        file.Seek(0, SeekOrigin.End);
        return lines;
    }

    private static int? StepOf(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("step", out var s) && s.TryGetInt32(out var n) ? n : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
