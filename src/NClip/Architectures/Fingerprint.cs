using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NClip.Checkpoints;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>One number for a model's weights: the same in every file format and naming that holds the same values.</summary>
internal static class Fingerprint
{
    private const int Piece = 1 << 18;

    /// <summary>SHA-256 over the canonical names in ordinal order, each with its element count and its values as float32, little endian; the first 16 bytes in hexadecimal.</summary>
    public static string Of(ModelTensors tensors, CancellationToken cancellation = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = new byte[sizeof(long)];
        foreach (var t in tensors.Tensors.Values.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            BinaryPrimitives.WriteInt64LittleEndian(count, t.Count);
            hash.AppendData(Encoding.UTF8.GetBytes(t.Name + "\n"));
            hash.AppendData(count);
            if (t.Transposed || t.Scales is not null) hash.AppendData(MemoryMarshal.AsBytes(t.ToFloat32().AsSpan()));
            else foreach (var part in t.Parts) Append(hash, part, cancellation);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset()[..16]);
    }

    /// <summary>Piece by piece: the largest tables are 4 GB.</summary>
    private static void Append(IncrementalHash hash, TensorEntry entry, CancellationToken cancellation)
    {
        var piece = new float[Math.Min(entry.Count, Piece)];
        for (var at = 0L; at < entry.Count; at += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            var some = piece.AsSpan(0, (int)Math.Min(Piece, entry.Count - at));
            entry.ToFloat32(at, some);
            hash.AppendData(MemoryMarshal.AsBytes(some));
        }
    }
}
