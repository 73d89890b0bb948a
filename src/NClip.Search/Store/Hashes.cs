using System.Buffers.Binary;

namespace NClip.Search.Store;

/// <summary>Content hashes as the tables have them.</summary>
internal static class Hashes
{
    /// <summary>16 bytes.</summary>
    public static byte[] Bytes(UInt128 hash)
    {
        var b = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(b, hash);
        return b;
    }

    /// <summary>The hash of 16 bytes.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128BigEndian(bytes);
}
