using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NClip.Checkpoints;

namespace NClip.Export;

/// <summary>Tensors rounded to float16, to the nearest, ties to even.</summary>
internal static class HalfFloats
{
    // Elements that are rounded at a time.
    private const int Piece = 1 << 18;

    /// <summary>False where a number is beyond float16's largest, 65504: such a tensor stays as it is.</summary>
    public static bool Hold(TensorEntry entry) => entry.ToFloat32() is var x && (x.Length == 0 || MathF.Abs(TensorPrimitives.MaxMagnitude<float>(x)) <= (float)Half.MaxValue);

    /// <summary>Writes the elements, little endian.</summary>
    public static void Write(TensorEntry entry, Stream to, CancellationToken cancellation)
    {
        var (all, piece) = (entry.ToFloat32(), new Half[Math.Min(entry.Count, Piece)]);
        for (var at = 0; at < all.Length; at += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            var n = Math.Min(Piece, all.Length - at);
            TensorPrimitives.ConvertToHalf(all.AsSpan(at, n), piece);
            to.Write(MemoryMarshal.AsBytes(piece.AsSpan(0, n)));
        }
    }
}
