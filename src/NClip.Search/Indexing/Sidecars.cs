using System.Text;
using NClip.Cli.Inputs;
using NClip.Foundation;

namespace NClip.Search.Indexing;

/// <summary>Texts beside pictures, of the same name: a caption (<c>.txt</c>), a class's name or number (<c>.cls</c>), as folders of image-text pairs have them. An empty one is none.</summary>
internal static class Sidecars
{
    private const int Longest = 1000, Most = 1 << 14; // characters of a caption; bytes that are looked at for it
    private static readonly string[] _endings = [".txt", ".cls"]; // the first that says something counts
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The stamps of a folder's texts by their names without ending, from its listing alone; null where there are none.</summary>
    public static Dictionary<string, long>? In(string folder, IReadOnlyList<FolderTree.Entry> entries)
    {
        Dictionary<string, long>? stamps = null;
        foreach (var e in entries)
        {
            if (e.IsFolder || !_endings.Contains(Path.GetExtension(e.Name))) continue;
            var (length, modified) = e.IsLink ? Of(Path.Join(folder, e.Name)) : (e.Length, e.Modified);
            if (length == 0) continue;
            var name = Path.GetFileNameWithoutExtension(e.Name);
            stamps ??= new Dictionary<string, long>(StringComparer.Ordinal);
            stamps[name] = stamps.GetValueOrDefault(name) + Stamp(length, modified);
        }
        return stamps;
    }

    /// <summary>What the texts beside a picture say, and their stamp; -1 where one was changed after <paramref name="sure"/>, so that the next run reads it again.</summary>
    /// <param name="picture">Its path.</param>
    /// <param name="sure">UTC ticks.</param>
    public static (string? Text, long Stamp) Read(string picture, long sure)
    {
        var (stamp, text, isSure) = (0L, (string?)null, true);
        foreach (var path in _endings.Select(e => Path.ChangeExtension(picture, e)))
        {
            try
            {
                var (length, modified) = Of(path);
                if (length == 0) continue; // a pipe too, whose opening would wait for a writer
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                var bytes = new byte[Math.Min(Most, length)];
                text ??= FirstLine(bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)));
                stamp += Stamp(length, modified);
                isSure &= modified <= sure;
            }
            catch (Exception e) when (FileRefusal.Is(e)) { isSure = false; /* the next run tries again */ }
        }
        return (text, isSure ? stamp : -1);
    }

    /// <summary>The first line with something in it: UTF-8, UTF-16 with its mark, else Latin-1; its first 1,000 characters, spaces for control characters. Null: there is none.</summary>
    internal static string? FirstLine(ReadOnlySpan<byte> bytes)
    {
        foreach (var line in Decode(bytes).AsSpan().EnumerateLines())
        {
            var text = new StringBuilder(Math.Min(line.Length, Longest));
            foreach (var rune in line.Trim().EnumerateRunes())
            {
                if (text.Length + rune.Utf16SequenceLength > Longest) break;
                text.Append(Rune.IsControl(rune) ? " " : rune.ToString());
            }
            if (text.ToString().Trim() is { Length: > 0 } caption) return caption;
        }
        return null;
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFF, 0xFE, ..]) return Encoding.Unicode.GetString(bytes[2..]);
        if (bytes is [0xFE, 0xFF, ..]) return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        if (bytes is [0xEF, 0xBB, 0xBF, ..]) bytes = bytes[3..];
        var text = new char[bytes.Length];
        try { return new string(text, 0, _strict.GetDecoder().GetChars(bytes, text, flush: false)); } // what the end cuts in two is left out
        catch (DecoderFallbackException) { return Encoding.Latin1.GetString(bytes); }
    }

    private static (long Length, long Modified) Of(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
        return file.Exists ? (file.Length, file.LastWriteTimeUtc.Ticks) : (0, 0);
    }

    // Positive, so that the sum of two is; the same in whatever order they are met.
    private static long Stamp(long length, long modified)
    {
        var mixed = unchecked(((ulong)modified * 0x9E3779B97F4A7C15u) ^ ((ulong)length * 0xC2B2AE3D27D4EB4Fu));
        return (long)((mixed ^ (mixed >> 29)) >> 2) | 1;
    }
}
