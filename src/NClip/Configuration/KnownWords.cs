using System.Collections.Frozen;
using System.IO.Compression;
using System.Text;
using NClip.Foundation;

namespace NClip.Configuration;

/// <summary>The words of a model's training texts: English words in lower case, Chinese characters one by one.</summary>
internal sealed class KnownWords(FrozenSet<string> words)
{
    // A hundred times what the words of twelve million captions need.
    private const int MaxBytes = 64 << 20;

    /// <summary>Reads a gzipped list, a word a line; null where there is no such file.</summary>
    /// <exception cref="ClipException">It is no gzip, is cut, or unpacks to more than 64 MB.</exception>
    public static KnownWords? Read(string file)
    {
        if (!File.Exists(file)) return null;
        try
        {
            using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            using var text = new MemoryStream();
            var piece = new byte[1 << 16];
            for (int n; (n = gzip.Read(piece)) > 0; text.Write(piece, 0, n))
                if (text.Length + n > MaxBytes) throw new ClipException($"unpacks to more than {MaxBytes} bytes, which no list of known words has: a gzip bomb, or another file. Remove it, or get the model again.", file);
            return new KnownWords(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ClipException($"the list of known words cannot be read: {e.Message} Remove it, or get the model again.", file, e);
        }
    }

    /// <summary>True where the text has words and none of them was met.</summary>
    public bool NoneIn(string text)
    {
        var any = false;
        foreach (var w in Words(text))
        {
            if (words.Contains(w)) return false;
            any = true;
        }
        return any;
    }

    /// <summary>Runs of letters and digits in lower case; every CJK ideograph is a word of its own.</summary>
    internal static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (var r in text.EnumerateRunes())
        {
            var alone = Ideographs.In(r.ToString());
            if (!alone && Rune.IsLetterOrDigit(r)) { word.Append(Rune.ToLowerInvariant(r)); continue; }
            if (word.Length > 0) { yield return word.ToString(); word.Clear(); }
            if (alone) yield return r.ToString();
        }
        if (word.Length > 0) yield return word.ToString();
    }
}
