using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Towers;

namespace NClip.Inference;

/// <summary>Linear layers' weights as 8-bit integers from -127 to 127 with one scale an output channel; everything else stays as it is.</summary>
internal static class Int8Weights
{
    private const float Largest = 127;

    // Rows that one thread turns at a time: their bytes of a column fill a cache line.
    private const int Rows = 64;

    /// <summary>The tensors with every <see cref="TensorRole.Linear"/> matrix [out, in] quantised and laid out [in, out], as MatMulInteger wants it. Nothing is computed before an entry is read.</summary>
    /// <param name="tensors">A model's.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="type">How an integer is stored: as it is (Int8), or with <see cref="ModelTensor.UnsignedZero"/> added (UInt8).</param>
    public static ModelTensors Quantise(ModelTensors tensors, ClipSpec spec, TensorType type)
    {
        var linear = spec.Tensors().Where(t => t.Role == TensorRole.Linear).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        return tensors with { Tensors = tensors.Tensors.ToDictionary(t => t.Key, t => linear.Contains(t.Key) ? Quantise(t.Value, type) : t.Value) };
    }

    /// <summary>One matrix.</summary>
    internal static ModelTensor Quantise(ModelTensor t, TensorType type)
    {
        var scales = new Lazy<float[]>(() => Scales(t));
        return new ModelTensor(t.Name, t.Shape, [TensorEntry.Computed(t.Name, type, [t.Shape[1], t.Shape[0]], () => Values(t, scales.Value, type == TensorType.UInt8 ? ModelTensor.UnsignedZero : (byte)0))])
        {
            Scales = TensorEntry.Computed(t.Name + ".scales", TensorType.Float32, [t.Shape[0]], () => MemoryMarshal.AsBytes(scales.Value.AsSpan()).ToArray()),
        };
    }

    private static float[] Scales(ModelTensor t)
    {
        var (columns, x, scales) = ((int)t.Shape[1], t.ToFloat32(), new float[t.Shape[0]]);
        for (var r = 0; r < scales.Length; r++) scales[r] = Math.Abs(TensorPrimitives.MaxMagnitude(x.AsSpan(r * columns, columns))) / Largest;
        return scales;
    }

    private static byte[] Values(ModelTensor t, float[] scales, byte zero)
    {
        var (rows, columns, x) = (scales.Length, (int)t.Shape[1], t.ToFloat32());
        var values = new byte[x.Length];
        InParallel.For((rows + Rows - 1) / Rows, block =>
        {
            var (from, to) = (block * Rows, Math.Min((block + 1) * Rows, rows));
            for (var c = 0; c < columns; c++)
                for (var r = from; r < to; r++)
                    values[(c * rows) + r] = (byte)(zero + (scales[r] == 0 ? 0 : (int)Math.Clamp(MathF.Round(x[(r * columns) + c] / scales[r]), -Largest, Largest)));
        });
        return values;
    }
}
