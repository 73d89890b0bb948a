using System.Text;
using System.Text.Json;

namespace NClip.Text;

/// <summary>Reads the files that tokenizers come in. Whatever is wrong with one is a <see cref="TokenizerException"/> that names it.</summary>
internal static class TokenizerFiles
{
    /// <summary>The largest that is published is 35 MB; more than this is not a tokenizer.</summary>
    private const long MaxBytes = 256L << 20;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] ReadBytes(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaxBytes)
                throw new TokenizerException($"the file has {length} bytes; tokenizer files have at most {MaxBytes}. Check that this is the tokenizer's file.", path);
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"the tokenizer's file cannot be read ({e.Message}).", path, e);
        }
    }

    public static string ReadText(string path)
    {
        var bytes = ReadBytes(path).AsSpan();
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            bytes = bytes[3..];
        try
        {
            return _strict.GetString(bytes);
        }
        catch (ArgumentException e)
        {
            throw new TokenizerException("the file is not UTF-8 text, as tokenizer files are. Download it again.", path, e);
        }
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
            document = JsonDocument.Parse(ReadText(path));
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
