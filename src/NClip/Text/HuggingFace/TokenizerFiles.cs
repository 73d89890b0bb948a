using System.Text;
using System.Text.Json;
using NClip.Text.Cleaning;

namespace NClip.Text.HuggingFace;

/// <summary>Reads the files that tokenizers come in. Whatever is wrong with one is a <see cref="TokenizerException"/> that names it.</summary>
internal static class TokenizerFiles
{
    /// <summary>The largest that is published is 35 MB; more than this is not a tokenizer.</summary>
    private const int MaxBytes = 128 << 20;

    public static byte[] ReadBytes(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            if (file.CanSeek && file.Length > MaxBytes)
                throw TooLong(path, $"{file.Length}");
            // What is no plain file tells no length, or a wrong one, so the bytes themselves are counted.
            var bytes = new byte[Math.Clamp(file.CanSeek ? file.Length : 0, 1 << 12, MaxBytes) + 1];
            for (var count = 0; ;)
            {
                count += file.ReadAtLeast(bytes.AsSpan(count), bytes.Length - count, throwOnEndOfStream: false);
                if (count > MaxBytes)
                    throw TooLong(path, $"more than {MaxBytes}");
                var ended = count < bytes.Length;
                Array.Resize(ref bytes, ended ? count : (int)Math.Min(2L * count, MaxBytes + 1));
                if (ended)
                    return bytes;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"the tokenizer's file cannot be read ({e.Message}).", path, e);
        }
    }

    private static TokenizerException TooLong(string path, string bytes) => new($"the file has {bytes} bytes; tokenizer files have at most {MaxBytes}. Check that this is the tokenizer's file.", path);

    public static string ReadText(string path) => Encoding.UTF8.GetString(ReadUtf8(path).Span);

    private static ReadOnlyMemory<byte> ReadUtf8(string path)
    {
        ReadOnlyMemory<byte> bytes = ReadBytes(path);
        if (bytes.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            bytes = bytes[3..];
        return System.Text.Unicode.Utf8.IsValid(bytes.Span) ? bytes
            : throw new TokenizerException("the file is not UTF-8 text, as tokenizer files are. Download it again.", path);
    }

    /// <summary>vocab.txt: one piece a line, its number the id. Lines are stripped as Google's reader strips them, so one may become empty.</summary>
    public static string[] ReadVocabularyLines(string path)
    {
        var text = ReadText(path).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (text.EndsWith('\n'))
            text = text[..^1];
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
            lines[i] = Strip(lines[i]);
        return lines;
    }

    /// <summary>An object at the top, as every JSON file of a tokenizer has.</summary>
    public static JsonDocument ReadJson(string path)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(ReadUtf8(path));
        }
        catch (JsonException e)
        {
            throw new TokenizerException($"the file is not valid JSON ({e.Message}) Download it again.", path, e);
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        using (document)
            throw new TokenizerException($"found JSON of kind {document.RootElement.ValueKind}, expected an object.", path);
    }

    private static string Strip(string line)
    {
        int start = 0, end = line.Length;
        while (start < end && WhiteSpace.IsPython(line[start]))
            start++;
        while (end > start && WhiteSpace.IsPython(line[end - 1]))
            end--;
        return line[start..end];
    }
}
