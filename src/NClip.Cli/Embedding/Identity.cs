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

    /// <summary>This program, this model, run in this way on pictures.</summary>
    public static byte[] OfPictures(Clip clip, ClipOptions options)
    {
        var p = clip.Spec.Preprocess;
        return Of(clip, options, $"images\n{clip.Spec.ImageTower}\n{p}\n{Numbers(p.Mean)}\n{Numbers(p.Std)}");
    }

    /// <summary>This program, this model, run in this way on texts.</summary>
    public static byte[] OfTexts(Clip clip, ClipOptions options)
        => Of(clip, options, $"texts\n{clip.Spec.TextTower}\n{clip.Spec.Context}\n{string.Join('\n', TokenizerFiles(clip.Weights.File).Select(State))}");

    /// <summary>Of the weights their files' size and time, and of each tensor name, shape and both ends: to read all of them would take longer than one picture's features.</summary>
    private static byte[] Of(Clip clip, ClipOptions options, string tower)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, $"{tower}\n{Assembly.GetExecutingAssembly().ManifestModule.ModuleVersionId}\n{typeof(Clip).Module.ModuleVersionId}\n{RuntimeInformation.ProcessArchitecture}\n{options}");
        var weights = clip.Weights;
        foreach (var file in weights.Tensors.Values.SelectMany(t => t).Select(t => t.File ?? weights.File).Distinct().Order(StringComparer.Ordinal)) Append(hash, State(file));
        foreach (var (name, parts) in weights.Tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
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
            else Append(hash, State(f));
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

    private static string State(string file)
        => new FileInfo(file) is { Exists: true } i ? string.Create(CultureInfo.InvariantCulture, $"{file}\n{i.Length}\n{i.LastWriteTimeUtc.Ticks}") : file;

    private static string Numbers(float[] values) => string.Join(' ', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));

    // A folder's tokenizer lies beside its weights, in a few files of names that differ by family.
    private static IEnumerable<string> TokenizerFiles(string weights)
        => Path.GetDirectoryName(weights) is { Length: > 0 } folder && Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".json" or ".txt" or ".model" or ".gz").Order(StringComparer.Ordinal)
            : [];

    // With its length, so that no two lists of words are one.
    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
