using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace NClip.Search;

/// <summary>The model whose vectors a gallery holds.</summary>
/// <param name="Name">As the user named it; null: the embedded nclip-mini.</param>
/// <param name="Fingerprint">One number for weights, what becomes of a picture's pixels, and tokenizer: SHA-256, the first 16 bytes in hexadecimal.</param>
/// <param name="Manner">How pictures were read and the tower computed, where two manners give other vectors: "natural fp32".</param>
/// <param name="Dimension">Values in a vector.</param>
/// <param name="Source">Names, sizes and times of its files when it was indexed (<see cref="SourceOf"/>): where they are the same, so is the fingerprint, and no weight has to be read. Null: not known.</param>
public sealed record GalleryModel(string? Name, string Fingerprint, string Manner, int Dimension, string? Source = null)
{
    /// <summary>The name for messages.</summary>
    public string Shown => Name ?? "nclip-mini";

    /// <summary>In what way another model's vectors are others, in words; null where they are the same.</summary>
    internal string? Differs(GalleryModel other) =>
        Fingerprint != other.Fingerprint ? $"this gallery has vectors of {Shown} ({Fingerprint}), and this model is {other.Shown} ({other.Fingerprint})."
        : Manner != other.Manner ? $"this gallery has vectors of {Shown} made in the manner '{Manner}', and this call says '{other.Manner}'."
        : null;

    private static readonly string[] _probes = ["a photo of a cat.", "Zwölf Boxkämpfer, 1234567890 & <it's> naïve", "一张猫的照片。", "🍌 emoji\n\tand  spaces", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"];

    /// <summary>A model's files as they are now: path, names, sizes and times.</summary>
    /// <param name="path">Its folder or weight file.</param>
    public static string SourceOf(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Directory.Exists(full) ? full : Path.GetDirectoryName(full)!;
        return string.Join('\n', new DirectoryInfo(folder).EnumerateFiles().OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Name} {f.Length} {f.LastWriteTimeUtc.Ticks}")).Prepend(full));
    }

    /// <summary>The model of a <see cref="Clip"/>. Reads every weight.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="name">As the user named it, so that a later call finds it; null for the embedded one.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="cancellationToken">Heard between tensors.</param>
    public static GalleryModel Of(Clip clip, string? name, ClipOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(options);
        var p = clip.Spec.Preprocess;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{clip.Fingerprint(cancellationToken)}\n{p.Width} {p.Height} {string.Join(' ', p.Mean)} {string.Join(' ', p.Std)} {p.Resize} {p.Interpolation} {p.Flavour}\n")));
        foreach (var text in _probes) hash.AppendData(MemoryMarshal.AsBytes(Ids(clip, text).Span));
        var manner = $"{options.ImagePolicy}{(options.Images?.FastJpeg == true ? " fast-jpeg" : "")}{(options.MaxPatches is { } most && most != p.Patches?.MaxPatches ? string.Create(CultureInfo.InvariantCulture, $" {most} patches") : "")} {(options.Precision == Precision.Int8 ? "int8" : "fp32")}".ToLowerInvariant();
        return new GalleryModel(name, Convert.ToHexStringLower(hash.GetHashAndReset()[..16]), manner, clip.Spec.EmbedDim);
    }

    // A text that is too long for the model says nothing of its tokenizer.
    private static ReadOnlyMemory<long> Ids(Clip clip, string text)
    {
        try { return clip.Tokenize(text).Ids; }
        catch (ClipException) { return default; }
    }
}
