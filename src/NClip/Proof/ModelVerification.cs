using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Inference;
using NClip.Towers;

namespace NClip.Proof;

/// <summary>One compared tensor.</summary>
/// <param name="Name">Name in the reference file.</param>
/// <param name="MaxDeviation">Largest absolute difference; NaN where a value is not a number.</param>
/// <param name="Tolerance">What was allowed.</param>
public sealed record VerifiedTensor(string Name, double MaxDeviation, double Tolerance)
{
    /// <summary>True where the deviation is allowed.</summary>
    public bool Passed => MaxDeviation <= Tolerance;

    /// <summary>The tensor and its deviation in a few words.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} deviates by {MaxDeviation:0.0e+0} (allowed {Tolerance:0.0e+0})");
}

/// <summary>What a comparison with a reference file found.</summary>
/// <param name="Tensors">Each compared tensor.</param>
public sealed record VerificationReport(IReadOnlyList<VerifiedTensor> Tensors)
{
    /// <summary>True where every deviation is allowed.</summary>
    public bool Passed => Tensors.All(t => t.Passed);
}

/// <summary>Repeats the proof of parity: runs the inputs of a reference file and compares the outputs it holds.</summary>
internal static class ModelVerification
{
    /// <summary>
    /// Allowed in features and in logits where the caller names no tolerance. Features above 1 in root mean square are allowed
    /// that much more: float32's steps grow with the number (RN101's features are near 9, and 6e-5 is their rounding).
    /// </summary>
    public const double Features = 2e-5, Logits = 1e-4;

    private static readonly string[] _inputs = ["pixel_values", "images", "tokens"];

    private static readonly string[] _precisions = ["_f64", "", "_f32"];

    /// <summary>Runs <c>images</c> [N, 3, H, W], or what a tower of patches takes, and <c>tokens</c> [M, L], and compares with image_features, image_features_norm, text_features, text_features_norm, logits_per_image (of several precisions, f64).</summary>
    /// <param name="m">The model.</param>
    /// <param name="file">Reference file; inputs that it lacks are taken from inputs.safetensors beside it.</param>
    /// <param name="tolerance">Largest absolute deviation allowed; null: 2e-5 in features (times their root mean square where that is above 1), 1e-4 in logits.</param>
    /// <param name="cancellation">Stops inside a batch.</param>
    /// <exception cref="CheckpointException">The file has nothing to compare, or shapes that are not this model's.</exception>
    public static VerificationReport Run(ClipModel m, string file, double? tolerance = null, CancellationToken cancellation = default)
    {
        using var reference = StateDict.Open(file);
        var beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "inputs.safetensors");
        using var inputs = File.Exists(beside) && !_inputs.Any(reference.Tensors.ContainsKey) ? StateDict.Open(beside) : null;
        var from = inputs ?? reference;

        var image = !m.Spec.HasImageTower ? null : from.Tensors.TryGetValue("images", out var i) ? m.EncodeImages(i.ToFloat32(), Rows(i, file), cancellation)
            : from.Tensors.ContainsKey(_inputs[0]) ? m.EncodePatches(Patches(m, from), cancellation) : null;
        var text = m.Spec.HasTextTower && from.Tensors.TryGetValue("tokens", out var t) ? m.EncodeTexts(Integers(t), Rows(t, file), cancellation) : null;
        return Compare(m, image, text, reference, tolerance);
    }

    /// <summary>Compares features, unnormalised and [N, D], with what a reference file holds.</summary>
    internal static VerificationReport Compare(ClipModel m, float[]? image, float[]? text, StateDict reference, double? tolerance = null)
    {
        var found = new List<VerifiedTensor>();
        void One(string name, float[]? actual, bool logits = false)
        {
            if (actual is null || _precisions.Select(p => reference.Tensors.GetValueOrDefault(name + p)).FirstOrDefault(e => e is not null) is not { } expected) return;
            var (deviation, rms) = Compare(actual, expected, reference.Path);
            found.Add(new(expected.Name, deviation, tolerance ?? (logits ? Logits : Features * Math.Max(1, rms))));
        }

        var d = m.Spec.EmbedDim;
        var (imageNorm, textNorm) = (Normalised(image, d), Normalised(text, d));
        One("image_features", image);
        One("image_features_norm", imageNorm);
        One("text_features", text);
        One("text_features_norm", textNorm);
        if (imageNorm is not null && textNorm is not null) One("logits_per_image", Scores(m, imageNorm, textNorm), logits: true);
        return found.Count > 0
            ? new(found)
            : throw new CheckpointException(reference.Path, "has nothing to compare: 'images' (or 'pixel_values') with 'image_features', or 'tokens' with 'text_features', were expected.");
    }

    /// <summary>pixel_values [N, L, V], pixel_attention_mask [N, L] and spatial_shapes [N, 2], as they are.</summary>
    private static PatchRows Patches(ClipModel m, StateDict from)
    {
        TensorEntry Input(PartValue wanted, params long?[] shape) => !from.Tensors.TryGetValue(wanted.Name, out var t)
            ? throw new CheckpointException(from.Path, $"has no tensor '{wanted.Name}', which goes with the others of a picture in patches.")
            : t.Shape.Length == shape.Length && t.Shape.Zip(shape).All(s => s.Second is null || s.First == s.Second) ? t
            : throw new CheckpointException(from.Path, $"tensor '{wanted.Name}' has shape {ModelTensors.Show(t.Shape)}; [{string.Join(", ", shape.Select(s => s?.ToString(CultureInfo.InvariantCulture) ?? "any"))}] was expected.");

        if (m.Spec.Image.PatchInput is null) throw new CheckpointException(from.Path, $"has '{_inputs[0]}', pictures in patches; this model takes pictures of {m.Spec.Image.Width} x {m.Spec.Image.Height} as 'images'.");
        var parts = m.Spec.Image.Inputs;
        var values = Input(parts[0], null, null, parts[0].Dims[2].Number);
        var (n, length) = ((int)values.Shape[0], (int)values.Shape[1]);
        return new(values.ToFloat32(), Integers(Input(parts[1], n, length)), Integers(Input(parts[2], n, 2)), n, length);
    }

    private static long[] Integers(TensorEntry t) => Array.ConvertAll(t.ToFloat32(), v => (long)v);

    private static int Rows(TensorEntry t, string file) => t.Shape.Length > 1
        ? (int)t.Shape[0]
        : throw new CheckpointException(file, $"tensor '{t.Name}' has {t.Shape.Length} dimension(s); a batch was expected.");

    private static float[]? Normalised(float[]? x, int width)
    {
        if (x is null) return null;
        var r = (float[])x.Clone();
        for (var i = 0; i < r.Length; i += width)
        {
            var row = r.AsSpan(i, width);
            VectorMath.Normalize(row, row);
        }
        return r;
    }

    private static float[] Scores(ClipModel m, float[] image, float[] text)
    {
        var d = m.Spec.EmbedDim;
        var (rows, columns) = (image.Length / d, text.Length / d);
        var r = new float[rows * columns];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                r[(i * columns) + j] = (m.LogitScale * TensorPrimitives.Dot(image.AsSpan(i * d, d), text.AsSpan(j * d, d))) + m.LogitBias;
        return r;
    }

    private static (double MaxDeviation, double RootMeanSquare) Compare(float[] actual, TensorEntry expected, string file)
    {
        if (expected.Count != actual.Length)
            throw new CheckpointException(file, $"tensor '{expected.Name}' has {expected.Count} values; this model gives {actual.Length} for the inputs there.");
        var f64 = expected.Type == TensorType.Float64 ? MemoryMarshal.Cast<byte, double>(expected.Bytes().Span).ToArray() : Array.ConvertAll(expected.ToFloat32(), v => (double)v);
        var (max, squares) = (0.0, 0.0);
        for (var i = 0; i < actual.Length; i++)
        {
            var d = Math.Abs(actual[i] - f64[i]);
            if (d > max || double.IsNaN(d)) max = d;
            if (double.IsNaN(max)) break;
            squares += f64[i] * f64[i];
        }
        return (max, Math.Sqrt(squares / actual.Length));
    }
}
