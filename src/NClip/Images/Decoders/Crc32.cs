using System.Buffers.Binary;

namespace NClip.Images.Decoders;

/// <summary>PNG's checksum (ISO 3309, reflected polynomial 0xEDB88320), eight bytes a step.</summary>
internal static class Crc32
{
    private static readonly uint[] _table = MakeTable();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFFu;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = _table[(7 * 256) + (byte)low] ^ _table[(6 * 256) + (byte)(low >> 8)] ^ _table[(5 * 256) + (byte)(low >> 16)] ^ _table[(4 * 256) + (low >> 24)]
                ^ _table[(3 * 256) + (byte)high] ^ _table[(2 * 256) + (byte)(high >> 8)] ^ _table[256 + (byte)(high >> 16)] ^ _table[high >> 24];
        }
        foreach (var b in bytes) crc = (crc >> 8) ^ _table[(byte)(crc ^ b)];
        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var t = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var c = i;
            for (var bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? (c >> 1) ^ 0xEDB88320u : c >> 1;
            t[i] = c;
        }
        for (var i = 256; i < t.Length; i++) t[i] = (t[i - 256] >> 8) ^ t[(byte)t[i - 256]];
        return t;
    }
}
