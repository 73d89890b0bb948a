using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NClip.Architectures;
using NClip.Checkpoints;

namespace NClip.Inference;

/// <summary>Linear layers' weights as signed 8-bit integers with one scale an output channel; everything else stays as it is.</summary>
internal static class Int8Weights
{
    private const float Largest = 127;

    /// <summary>The tensors with every <see cref="TensorRole.Linear"/> matrix [out, in] quantised and laid out [in, out], as MatMulInteger wants it.</summary>
    public static ModelTensors Quantise(ModelTensors tensors, ClipSpec spec)
    {
        var linear = spec.Tensors().Where(t => t.Role == TensorRole.Linear).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        return tensors with { Tensors = tensors.Tensors.AsParallel().Select(t => linear.Contains(t.Key) ? Quantise(t.Value) : t.Value).ToDictionary(t => t.Name) };
    }

    private static ModelTensor Quantise(ModelTensor t)
    {
        var (rows, columns, x) = ((int)t.Shape[0], (int)t.Shape[1], t.ToFloat32());
        var (values, scales) = (new byte[x.Length], new float[rows]);
        for (var r = 0; r < rows; r++)
        {
            var row = x.AsSpan(r * columns, columns);
            var scale = scales[r] = Math.Abs(TensorPrimitives.MaxMagnitude(row)) / Largest;
            if (scale == 0) continue;
            for (var c = 0; c < columns; c++) values[(c * rows) + r] = (byte)(sbyte)Math.Clamp(MathF.Round(row[c] / scale), -Largest, Largest);
        }
        var scaleBytes = MemoryMarshal.AsBytes(scales.AsSpan()).ToArray();
        return new ModelTensor(t.Name, t.Shape, [Entry(t.Name, TensorType.Int8, [columns, rows], values)])
        {
            Scales = Entry(t.Name + ".scales", TensorType.Float32, [rows], scaleBytes),
        };
    }

    private static TensorEntry Entry(string name, TensorType type, long[] shape, byte[] bytes) => new(name, type, shape) { ByteLength = bytes.Length, Read = () => bytes };
}
