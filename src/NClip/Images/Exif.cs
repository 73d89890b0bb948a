using System.Buffers.Binary;

namespace NClip.Images;

/// <summary>The one thing of EXIF that changes a picture: its orientation (tag 0x0112 of the first directory).</summary>
internal static class Exif
{
    /// <summary>1..8 from a TIFF structure, with or without "Exif\0\0" before it; 1 where there is none or it makes no sense.</summary>
    public static int Orientation(ReadOnlySpan<byte> b)
    {
        if (b.StartsWith("Exif\0\0"u8)) b = b[6..];
        if (b.Length < 8) return 1;
        var little = b[0] == 'I';
        if (!(b.StartsWith("II*\0"u8) || b.StartsWith("MM\0*"u8))) return 1;
        var at = little ? BinaryPrimitives.ReadUInt32LittleEndian(b[4..]) : BinaryPrimitives.ReadUInt32BigEndian(b[4..]);
        if (at > b.Length - 2) return 1;
        var directory = b[(int)at..];
        var entries = U16(directory, little);
        for (var i = 0; i < entries && 2 + (12 * (i + 1)) <= directory.Length; i++)
        {
            var entry = directory.Slice(2 + (12 * i), 12);
            if (U16(entry, little) == 0x0112 && U16(entry[8..], little) is >= 1 and <= 8 and var orientation) return orientation;
        }
        return 1;
    }

    private static int U16(ReadOnlySpan<byte> b, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(b) : BinaryPrimitives.ReadUInt16BigEndian(b);
}
