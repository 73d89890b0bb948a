using System.Buffers.Binary;
using System.Text;

namespace NClip.Search.Tests.Indexing;

/// <summary>A JPEG with EXIF of our own in front of its other segments.</summary>
internal static class ExifJpeg
{
    /// <summary>The same picture, taken by a camera at a time and place.</summary>
    public static byte[] With(byte[] jpeg, string maker, string model, string taken, (int Degrees, int Minutes, char Side) latitude, (int Degrees, int Minutes, char Side) longitude, int orientation)
    {
        var (tiff, data) = (new List<byte>(), new List<byte>());
        const int ifd0 = 8, exif = ifd0 + 2 + (12 * 5) + 4, gps = exif + 2 + 12 + 4, values = gps + 2 + (12 * 4) + 4;
        void U16(int v) => tiff.AddRange([(byte)v, (byte)(v >> 8)]);
        void U32(int v) { var b = new byte[4]; BinaryPrimitives.WriteInt32LittleEndian(b, v); tiff.AddRange(b); }
        void Entry(int tag, int type, int count, int value) { U16(tag); U16(type); U32(count); U32(value); }
        void Ascii(int tag, string text)
        {
            var bytes = Encoding.ASCII.GetBytes(text + "\0");
            var at = values + data.Count;
            data.AddRange(bytes);
            if (bytes.Length <= 4) Entry(tag, 2, bytes.Length, bytes.Select((b, i) => b << (8 * i)).Sum());
            else Entry(tag, 2, bytes.Length, at);
        }
        void Angle(int tag, int degrees, int minutes)
        {
            Entry(tag, 5, 3, values + data.Count);
            foreach (var n in (int[])[degrees, 1, minutes, 1, 0, 1]) { var b = new byte[4]; BinaryPrimitives.WriteInt32LittleEndian(b, n); data.AddRange(b); }
        }
        tiff.AddRange("II*\0"u8);
        U32(ifd0);
        U16(5);
        Ascii(0x010F, maker);
        Ascii(0x0110, model);
        Entry(0x0112, 3, 1, orientation);
        Entry(0x8769, 4, 1, exif);
        Entry(0x8825, 4, 1, gps);
        U32(0);
        U16(1);
        Ascii(0x9003, taken);
        U32(0);
        U16(4);
        Ascii(1, latitude.Side.ToString());
        Angle(2, latitude.Degrees, latitude.Minutes);
        Ascii(3, longitude.Side.ToString());
        Angle(4, longitude.Degrees, longitude.Minutes);
        U32(0);
        byte[] body = [.. "Exif\0\0"u8, .. tiff, .. data];
        return [0xFF, 0xD8, 0xFF, 0xE1, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body, .. jpeg[2..]];
    }
}
