using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>One number for a model's weights: the same in every file format and naming that holds the same values.</summary>
internal static class Fingerprint
{
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
            hash.AppendData(MemoryMarshal.AsBytes(t.ToFloat32().AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset()[..16]);
    }
}
