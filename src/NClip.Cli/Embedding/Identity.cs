using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NClip.Cli.Inputs;

namespace NClip.Cli.Embedding;

/// <summary>Digests [32] of what features depend on: a journal is used by a call that would have written the same.</summary>
internal static class Identity
{
    /// <summary>Bytes of each end of a tensor.</summary>
    private const int Sample = 512;

    /// <summary>This program, this kind of input, this model, run in this way. Of the weights names, shapes and both ends of each: the whole would be read for seconds.</summary>
    public static byte[] Of(Clip clip, ClipOptions options, string kind)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, $"{kind}\n{Assembly.GetExecutingAssembly().ManifestModule.ModuleVersionId}\n{typeof(Clip).Module.ModuleVersionId}\n{RuntimeInformation.ProcessArchitecture}\n{options}\n{clip.Spec}");
        foreach (var (name, parts) in clip.Weights.Tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            foreach (var p in parts)
            {
                Append(hash, $"{name} {p.Type} {string.Join('x', p.Shape)}");
                var ends = (int)Math.Min(Sample, p.ByteLength);
                hash.AppendData(p.Bytes(0, ends).Span);
                hash.AppendData(p.Bytes(p.ByteLength - ends, ends).Span);
            }
        }
        return hash.GetHashAndReset();
    }

    /// <summary>These files as they are now: name, size and time; of standard input all bytes.</summary>
    public static byte[] Of(IEnumerable<string> files, PictureList pictures)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var f in files)
        {
            if (pictures.Name(f) != f) hash.AppendData(SHA256.HashData(File.ReadAllBytes(f)));
            else if (new FileInfo(f) is { Exists: true } i) Append(hash, string.Create(CultureInfo.InvariantCulture, $"{f}\n{i.Length}\n{i.LastWriteTimeUtc.Ticks}"));
            else Append(hash, f);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>These texts.</summary>
    public static byte[] Of(IEnumerable<TextLine> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var l in lines) Append(hash, string.Create(CultureInfo.InvariantCulture, $"{l.Id}\n{l.Text}\n{l.Error}"));
        return hash.GetHashAndReset();
    }

    // With its length, so that no two lists of words are one.
    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
