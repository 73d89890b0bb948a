using System.Buffers.Binary;

namespace NClip.Images.Decoders;

/// <summary>What the segments of a JPEG up to its first scan say.</summary>
/// <param name="Width">Stored width in pixels.</param>
/// <param name="Height">Stored height in pixels.</param>
/// <param name="Components">1 grey, 3 colour, 4 CMYK.</param>
/// <param name="Orientation">EXIF orientation 1..8.</param>
/// <param name="HasProfile">Whether there is an ICC profile.</param>
/// <param name="Buffered">Whether every coefficient is kept until the last scan is read: progressive, or scans of single components.</param>
internal sealed record JpegHeader(int Width, int Height, int Components, int Orientation, bool HasProfile, bool Buffered)
{
    /// <exception cref="ImageException">Cut off, broken or too large.</exception>
    public static JpegHeader Read(ReadOnlySpan<byte> b, DecodeRequest request)
    {
        var (orientation, profile, progressive) = (1, false, false);
        var (width, height, components) = (0, 0, 0);
        for (var at = 2; ;)
        {
            // What stands between segments and is none is skipped, as libjpeg does.
            at += Math.Max(0, b[Math.Min(at, b.Length)..].IndexOf((byte)0xFF));
            if (b.Length - at < 4) throw request.Truncated(ImageFormat.Jpeg);
            if (b[at] != 0xFF) throw request.Broken(ImageFormat.Jpeg, $"behind byte {at} there is no marker");
            var marker = b[at + 1];
            if (marker is 0xFF or 0x00 or 0x01 or >= 0xD0 and <= 0xD8)    // fill bytes, and markers without a body
            {
                at += marker == 0xFF ? 1 : 2;
                continue;
            }
            if (marker == 0xD9 || (marker == 0xDA && components == 0)) throw request.Broken(ImageFormat.Jpeg, "its pixels come before the segment that says their size");
            var length = BinaryPrimitives.ReadUInt16BigEndian(b[(at + 2)..]);
            if (length < 2) throw request.Broken(ImageFormat.Jpeg, $"a segment claims {length} bytes");
            if (b.Length - at - 2 < length) throw request.Truncated(ImageFormat.Jpeg);
            var body = b.Slice(at + 4, length - 2);
            switch (marker)
            {
                case 0xE1 when body.StartsWith("Exif\0\0"u8):
                    orientation = Exif.Orientation(body);
                    break;
                case 0xE2 when body.StartsWith("ICC_PROFILE\0"u8):
                    profile = true;
                    break;
                case >= 0xC0 and <= 0xCF when marker is not (0xC4 or 0xC8 or 0xCC):
                    if (body.Length < 6) throw request.Broken(ImageFormat.Jpeg, "its frame header is too short");
                    (height, width, components) = (BinaryPrimitives.ReadUInt16BigEndian(body[1..]), BinaryPrimitives.ReadUInt16BigEndian(body[3..]), body[5]);
                    request.CheckSize(width, height);
                    progressive = (marker & 3) == 2;
                    break;
                case 0xDA:
                    var buffered = progressive || (body.Length > 0 && body[0] < components);
                    // Every scan visits every block: many scans of next to nothing cost much more than the file's size lets expect.
                    if (buffered && b[at..].Count(StartOfScan) is > MaxScans and var scans) throw request.Broken(ImageFormat.Jpeg, $"it has {scans} scans; {MaxScans} are read");
                    return new JpegHeader(width, height, components, orientation, profile, buffered);
            }
            at += 2 + length;
        }
    }

    private static ReadOnlySpan<byte> StartOfScan => [0xFF, 0xDA];

    private const int MaxScans = 200;
}
