using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Inference;
using NClip.Towers;

namespace NClip.Export;

/// <summary>Writes a model as a folder that NClip opens: smaller, or one tower alone.</summary>
internal static class NClipExport
{
    /// <summary>
    /// model.safetensors (the names of the file that the model came from, and <see cref="OwnFile"/>'s for integers), the configuration, the tokenizer's files, templates and known words.
    /// The folder appears whole or not at all.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="source">Its folder or weight file: the other files are copied from there.</param>
    /// <param name="folder">The folder to make.</param>
    /// <param name="precision">How weights are stored.</param>
    /// <param name="towers">What is written.</param>
    /// <param name="form">Integers of linear layers as Int8, or as UInt8 with 128 added; null: as this processor multiplies them, so that it maps them. Others turn them over at each start.</param>
    /// <param name="cancellation">Ends it between two tensors.</param>
    /// <exception cref="ClipException">The folder exists already, or the model is stored as int8 and something else is wanted.</exception>
    public static void Write(ClipModel model, string source, string folder, StoredPrecision precision, TowerChoice towers, TensorType? form = null, CancellationToken cancellation = default)
    {
        var (spec, tensors) = (model.Spec, model.Tensors);
        string? tower = towers switch { TowerChoice.Image => ImagePart.Key, TowerChoice.Text => TextPart.Key, _ => tensors.Own?.Tower };
        foreach (var part in tower is null ? [ImagePart.Key, TextPart.Key] : (string[])[tower]) spec.Need(part, tensors.File);
        var integers = tensors.Own is { IsInt8: true };
        if (integers && precision == StoredPrecision.Float16) throw new ClipException("its linear layers are stored as 8-bit integers; float16 would hold no more of what they were. Export the original.", tensors.File);
        var int8 = integers || precision == StoredPrecision.Int8;
        var wanted = int8 && !integers ? Int8Weights.Quantise(tensors, spec, form ?? IntegerProducts.Weights) : tensors;

        var other = spec.Parts.Where(p => tower is not null && p.Name != tower).SelectMany(p => p.Tensors()).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var kept = spec.Tensors().Where(t => !other.Contains(t.Name)).Select(t => wanted[t.Name]).ToList();
        var prefix = NamingMap.Prefix(tensors.Tensors.Values.SelectMany(t => t.Parts).Select(p => p.Name)).Length;
        NewFolder.Write(folder, making =>
        {
            var own = new OwnFile(tensors.Naming, tower, spec.EmbedDim, int8);
            Safetensors.WriteEach(Path.Combine(making, "model.safetensors"), kept.SelectMany(t => Stored(t, prefix, precision, cancellation)), own.Metadata());
            if (model.ConfigFile is { } config) ModelFiles.Copy(config, making, SpecReader.NameOf(config));
            ModelFiles.CopyBeside(source, [.. ModelFiles.Configuration, .. ModelFiles.Tokenizer, "known_words.txt.gz", "LICENSE*"], making);
        });
    }

    /// <summary>The element type that a tensor which stays a float gets.</summary>
    private static TensorType Form(TensorEntry p, StoredPrecision precision) =>
        precision == StoredPrecision.Float16 && p is { Type: TensorType.Float32 or TensorType.Float64, Shape.Length: > 1 } && HalfFloats.Hold(p) ? TensorType.Float16
        : precision == StoredPrecision.Int8 && p.Type == TensorType.Float64 ? TensorType.Float32
        : p.Type;

    private static IEnumerable<(string, TensorType, long[], Action<Stream>)> Stored(ModelTensor t, int prefix, StoredPrecision precision, CancellationToken cancellation)
    {
        Action<Stream> Stopped(Action<Stream> write) => to =>
        {
            cancellation.ThrowIfCancellationRequested();
            write(to);
        };
        if (t.Scales is { } scales)
        {
            yield return ((t.IsTable ? OwnFile.Table : OwnFile.Integers) + t.Name, t.Parts[0].Type, t.Parts[0].Shape, Stopped(to => to.Write(t.Parts[0].Bytes().Span)));
            yield return (OwnFile.Scales + t.Name, TensorType.Float32, scales.Shape, Stopped(to => to.Write(scales.Bytes().Span)));
            yield break;
        }
        foreach (var p in t.Parts)
        {
            if (p.Integers is { } rows)
            {
                foreach (var e in new[] { rows.Integers, rows.Scales }) yield return (e.Name, e.Type, e.Shape, Stopped(to => to.Write(e.Bytes().Span)));
                continue;
            }
            var type = Form(p, precision);
            yield return (p.Name[prefix..], type, p.Shape, Stopped(to =>
            {
                if (type == p.Type) to.Write(p.Bytes().Span);
                else if (type == TensorType.Float16) HalfFloats.Write(p, to, cancellation);
                else p.WriteFloat32(to, cancellation);
            }));
        }
    }
}
