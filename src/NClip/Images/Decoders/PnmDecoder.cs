using System.Runtime.InteropServices;

namespace NClip.Images.Decoders;

/// <summary>Netpbm's PBM, PGM and PPM, as text (P1..P3) and binary (P4..P6).</summary>
internal static class PnmDecoder
{
    /// <exception cref="ImageException">Cut off, broken or too large.</exception>
    public static Picture Open(ReadOnlySpan<byte> b, DecodeRequest request)
    {
        var (kind, text) = ((b[1] - '1') % 3, b[1] <= '3');
        var at = 2;
        var (width, height) = (Number(b, ref at, request), Number(b, ref at, request));
        request.CheckSize(width, height);
        var max = kind == 0 ? 1 : Number(b, ref at, request);
        if (max is < 1 or > 65535) throw request.Broken(ImageFormat.Pnm, $"its largest value is {max}; 1 to 65535 are possible");
        if (!text) at++;    // one blank before the pixels
        var samples = (long)width * height * (kind == 2 ? 3 : 1);
        var needed = text ? samples : kind == 0 ? (long)((width + 7) / 8) * height : samples * (max > 255 ? 2 : 1);
        if (b.Length - at < needed) throw request.Truncated(ImageFormat.Pnm);
        var mode = kind == 0 ? PixelMode.Bilevel : kind == 2 ? PixelMode.Rgb : max > 255 ? PixelMode.Grey16 : PixelMode.Grey;
        request.CheckPicture(width, height, mode);
        var picture = new Picture((int)width, (int)height, mode);
        try
        {
            for (var y = 0; y < picture.Height; y++) ReadRow(b, ref at, kind, text, (int)max, picture.WritableRow(y), picture.Mode, request);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    private static void ReadRow(ReadOnlySpan<byte> b, ref int at, int kind, bool text, int max, Span<byte> row, PixelMode mode, DecodeRequest request)
    {
        if (kind == 0)
        {
            for (var x = 0; x < row.Length; x++)
                row[x] = (text ? Bit(b, ref at, request) : (b[at + (x / 8)] >> (7 - (x % 8))) & 1) != 0 ? (byte)0 : (byte)255;
            if (!text) at += (row.Length + 7) / 8;
        }
        else if (mode == PixelMode.Grey16)
        {
            foreach (ref var v in MemoryMarshal.Cast<byte, ushort>(row)) v = (ushort)Scaled(Sample(b, ref at, text, max, request), max, 65535);
        }
        else
        {
            for (var i = 0; i < row.Length; i++)
                row[i] = mode == PixelMode.Rgb && i % 4 == 3 ? (byte)255 : (byte)Scaled(Sample(b, ref at, text, max, request), max, 255);
        }
    }

    private static int Sample(ReadOnlySpan<byte> b, ref int at, bool text, int max, DecodeRequest request)
    {
        if (text) return (int)Number(b, ref at, request);
        if (max <= 255) return b[at++];
        at += 2;
        return (b[at - 2] << 8) | b[at - 1];
    }

    private static int Scaled(int v, int max, int full) => v >= max ? full : max == full ? v : (int)Math.Round((double)v / max * full, MidpointRounding.ToEven);

    private static int Bit(ReadOnlySpan<byte> b, ref int at, DecodeRequest request)
    {
        SkipBlanks(b, ref at, request);
        return b[at++] switch
        {
            (byte)'0' => 0,
            (byte)'1' => 1,
            var c => throw request.Broken(ImageFormat.Pnm, $"byte 0x{c:X2} stands where 0 or 1 belongs"),
        };
    }

    private static long Number(ReadOnlySpan<byte> b, ref int at, DecodeRequest request)
    {
        SkipBlanks(b, ref at, request);
        var start = at;
        var v = 0L;
        for (; at < b.Length && b[at] is >= (byte)'0' and <= (byte)'9'; at++) v = Math.Min((10 * v) + b[at] - '0', int.MaxValue);
        return at > start ? v : throw request.Broken(ImageFormat.Pnm, $"byte 0x{b[at]:X2} stands where a number belongs");
    }

    private static void SkipBlanks(ReadOnlySpan<byte> b, ref int at, DecodeRequest request)
    {
        for (; at < b.Length; at++)
        {
            if (b[at] == '#')
            {
                while (at < b.Length && b[at] is not ((byte)'\n' or (byte)'\r')) at++;
                if (at >= b.Length) break;
            }
            else if (b[at] is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or 0x0B or 0x0C))
            {
                return;
            }
        }
        throw request.Truncated(ImageFormat.Pnm);
    }
}
