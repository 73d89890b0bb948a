using System.Text.Json;
using NClip.Checkpoints;

namespace NClip.Configuration;

/// <summary>Reads configurations: files of a bounded size that hold one JSON object.</summary>
internal static class ConfigFile
{
    /// <summary>Longest file that is read; published ones have some kilobytes.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>What <paramref name="read"/> makes of the file's object.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, is longer than <see cref="MaxBytes"/>, or holds no JSON object.</exception>
    public static T Read<T>(string file, Func<ConfigSection, T> read)
    {
        try
        {
            var bytes = Bytes(file);
            CheckTexts(bytes);
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? read(new ConfigSection(file, "", json.RootElement))
                : throw new CheckpointException(file, "is not a model configuration: a JSON object was expected.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(file, $"is not a readable model configuration: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new CheckpointException(file, $"is not a readable model configuration: it holds a text that is not valid Unicode. ({e.Message})", e);
        }
    }

    /// <summary>Reads every key and text once: one that is no Unicode (\ud800 alone) makes the reader throw InvalidOperationException, whether its value is asked for or not.</summary>
    private static void CheckTexts(byte[] bytes)
    {
        var json = new Utf8JsonReader(bytes);
        while (json.Read())
            if (json.TokenType is JsonTokenType.PropertyName or JsonTokenType.String) json.GetString();
    }

    private static byte[] Bytes(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        if (stream.Length > MaxBytes) throw new CheckpointException(file, $"has {stream.Length} bytes; a model configuration of at most {MaxBytes} is read. This is another file.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
