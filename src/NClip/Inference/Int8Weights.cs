using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Towers;

namespace NClip.Inference;

/// <summary>Linear layers' weights as 8-bit integers from -127 to 127 with one scale an output channel, token tables with one a row; everything else stays as it is.</summary>
internal static class Int8Weights
{
    private const float Largest = 127;

    // Rows that one thread turns at a time: their bytes of a column fill a cache line.
    private const int Rows = 64;

    /// <summary>The tensors with every <see cref="TensorRole.Linear"/> matrix [out, in] quantised and laid out [in, out], as MatMulInteger wants it, and every <see cref="TensorRole.Table"/> quantised as it lies. Nothing is computed before an entry is read.</summary>
    /// <param name="tensors">A model's.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="type">How an integer is stored: as it is (Int8), or with <see cref="ModelTensor.UnsignedZero"/> added (UInt8).</param>
    public static ModelTensors Quantise(ModelTensors tensors, ClipSpec spec, TensorType type)
    {
        var roles = spec.Tensors().ToDictionary(t => t.Name, t => t.Role, StringComparer.Ordinal);
        return tensors with
        {
            Tensors = tensors.Tensors.ToDictionary(t => t.Key, t => roles.GetValueOrDefault(t.Key) switch
            {
                TensorRole.Linear => Quantise(t.Value, type),
                TensorRole.Table => Table(t.Value),
                _ => t.Value,
            }),
        };
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

    /// <summary>A table: s8 [V, W] with a scale a row. One that is not stored in one piece stays as it is.</summary>
    internal static ModelTensor Table(ModelTensor t)
    {
        if (t is not { Parts.Count: 1, Transposed: false, Scales: null }) return t;
        var (rows, width) = ((int)t.Shape[0], (int)t.Shape[1]);
        T[] OfRows<T>(int each, Func<float[], float, int, T> value)
        {
            var all = new T[(long)rows * each];
            var whole = t.Parts[0].ReadPart is null ? t.ToFloat32() : null; // what is unpacked or computed is so once, not row by row
            InParallel.For((rows + Rows - 1) / Rows, block =>
            {
                var x = new float[width];
                for (var r = block * Rows; r < Math.Min((block + 1) * Rows, rows); r++)
                {
                    if (whole is null) t.Row(r, x);
                    else whole.AsSpan(r * width, width).CopyTo(x);
                    var scale = Scale(x);
                    for (var i = 0; i < each; i++) all[((long)r * each) + i] = value(x, scale, i);
                }
            });
            return all;
        }
        return t with
        {
            Parts = [TensorEntry.Computed(t.Name, TensorType.Int8, t.Shape, () => OfRows(width, (x, scale, i) => (byte)Integer(x[i], scale)))],
            Scales = TensorEntry.Computed(t.Name + ".scales", TensorType.Float32, [rows], () => MemoryMarshal.AsBytes(OfRows(1, (_, scale, _) => scale).AsSpan()).ToArray()),
            IsTable = true,
        };
    }

    /// <summary>A row as it comes out of its integers.</summary>
    public static void Round(Span<float> row)
    {
        var scale = Scale(row);
        for (var i = 0; i < row.Length; i++) row[i] = Integer(row[i], scale) * scale;
    }

    private static float Scale(ReadOnlySpan<float> x) => Math.Abs(TensorPrimitives.MaxMagnitude(x)) / Largest;

    private static int Integer(float x, float scale) => scale == 0 ? 0 : (int)Math.Clamp(MathF.Round(x / scale), -Largest, Largest);

    private static float[] Scales(ModelTensor t)
    {
        var (columns, x, scales) = ((int)t.Shape[1], t.ToFloat32(), new float[t.Shape[0]]);
        for (var r = 0; r < scales.Length; r++) scales[r] = Scale(x.AsSpan(r * columns, columns));
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
                    values[(c * rows) + r] = (byte)(zero + Integer(x[(r * columns) + c], scales[r]));
        });
        return values;
    }
}
