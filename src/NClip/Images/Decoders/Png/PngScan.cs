using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace NClip.Images.Decoders.Png;

/// <summary>The rows of one PNG pass: inflated, unfiltered, unpacked.</summary>
internal sealed class PngScan(PngHeader header, Stream inflated, DecodeRequest request)
{
    private readonly int _distance = Math.Max(1, header.Channels * header.Depth / 8);    // bytes between a sample and its left neighbour
    private byte[] _row = [];
    private byte[] _above = [];
    private int _length;

    /// <summary>Starts a pass of rows of <paramref name="width"/> pixels.</summary>
    public void Begin(int width)
    {
        _length = checked((int)((((long)width * header.Channels * header.Depth) + 7) / 8));
        if (_row.Length < _length + 1) (_row, _above) = (new byte[_length + 1], new byte[_length + 1]);
        _above.AsSpan().Clear();
    }

    /// <summary>The next row, as pixels of <paramref name="mode"/>.</summary>
    public void NextRow(PixelMode mode, Span<byte> pixels)
    {
        var row = _row.AsSpan(0, _length + 1);
        if (inflated.ReadAtLeast(row, row.Length, throwOnEndOfStream: false) < row.Length) throw request.Truncated(ImageFormat.Png);
        Unfilter(row[0], row[1..], _above.AsSpan(1, _length));
        Unpack(mode, row[1..], pixels);
        (_row, _above) = (_above, _row);
    }

    private void Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above)
    {
        var d = _distance;
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (var i = d; i < row.Length; i++) row[i] += row[i - d];
                break;
            case 2:
                Add(row, above);
                break;
            case 3:
                for (var i = 0; i < Math.Min(d, row.Length); i++) row[i] += (byte)(above[i] >> 1);
                for (var i = d; i < row.Length; i++) row[i] += (byte)((row[i - d] + above[i]) >> 1);
                break;
            case 4:
                for (var i = 0; i < Math.Min(d, row.Length); i++) row[i] += above[i];
                for (var i = d; i < row.Length; i++) row[i] += Paeth(row[i - d], above[i], above[i - d]);
                break;
            default:
                throw request.Broken(ImageFormat.Png, $"a row has filter {filter}; 0 to 4 exist");
        }
    }

    private static void Add(Span<byte> row, ReadOnlySpan<byte> above)
    {
        var i = 0;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(row[i..]) + new Vector<byte>(above[i..])).CopyTo(row[i..]);
        for (; i < row.Length; i++) row[i] += above[i];
    }

    /// <summary>Of left, above and upper left the one nearest to left + above - upper left.</summary>
    private static byte Paeth(int left, int above, int corner)
    {
        var (a, b) = (above - corner, left - corner);
        var c = Math.Abs(a + b);
        (a, b) = (Math.Abs(a), Math.Abs(b));
        return (byte)(a <= b && a <= c ? left : b <= c ? above : corner);
    }

    private void Unpack(PixelMode mode, ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        if (header.ColourKey is not null && mode == PixelMode.Rgba) UnpackKeyed(row, pixels);
        else if (mode == PixelMode.Grey16) UnpackWide(row, MemoryMarshal.Cast<byte, ushort>(pixels));
        else if (header.Depth < 8) UnpackBits(mode, row, pixels);
        else UnpackBytes(row, pixels);
    }

    private void UnpackBits(PixelMode mode, ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        var depth = header.Depth;
        var scale = mode == PixelMode.Palette ? 1 : 255 / ((1 << depth) - 1);
        for (var x = 0; x < pixels.Length; x++) pixels[x] = (byte)(scale * Sample(row, x, depth));
    }

    private static int Sample(ReadOnlySpan<byte> row, int x, int depth) => (row[x * depth / 8] >> (8 - depth - (x * depth % 8))) & ((1 << depth) - 1);

    private static void UnpackWide(ReadOnlySpan<byte> row, Span<ushort> pixels)
    {
        for (var x = 0; x < pixels.Length; x++) pixels[x] = BinaryPrimitives.ReadUInt16BigEndian(row[(2 * x)..]);
    }

    /// <summary>8 bit, or the high bytes of 16.</summary>
    private void UnpackBytes(ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        var step = header.Depth / 8;
        switch (header.Channels)
        {
            case 1 when step == 1:
                row.CopyTo(pixels);
                break;
            case 2:
                for (int i = 0, o = 0; o < pixels.Length; i += 2 * step, o += 4)
                {
                    pixels[o] = pixels[o + 1] = pixels[o + 2] = row[i];
                    pixels[o + 3] = row[i + step];
                }
                break;
            case 3 when step == 1:
                RgbImageRows.Expand(row, pixels);
                break;
            case 3:
                for (int i = 0, o = 0; o < pixels.Length; i += 6, o += 4)
                    (pixels[o], pixels[o + 1], pixels[o + 2], pixels[o + 3]) = (row[i], row[i + 2], row[i + 4], 255);
                break;
            case 4 when step == 1:
                row.CopyTo(pixels);
                break;
            default:
                for (var i = 0; i < pixels.Length; i++) pixels[i] = row[i * step];
                break;
        }
    }

    /// <summary>Grey or RGB with one transparent colour, compared at full depth.</summary>
    private void UnpackKeyed(ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        var (key, depth, channels) = (header.ColourKey!, header.Depth, header.Channels);
        for (int x = 0, o = 0; o < pixels.Length; x++, o += 4)
        {
            var transparent = true;
            for (var c = 0; c < 3; c++)
            {
                var i = (x * channels) + Math.Min(c, channels - 1);
                var v = depth == 16 ? BinaryPrimitives.ReadUInt16BigEndian(row[(2 * i)..]) : depth == 8 ? row[i] : Sample(row, i, depth);
                transparent &= v == key[Math.Min(c, channels - 1)];
                pixels[o + c] = (byte)(depth == 16 ? v >> 8 : depth == 8 ? v : v * (255 / ((1 << depth) - 1)));
            }
            pixels[o + 3] = transparent ? (byte)0 : (byte)255;
        }
    }
}
