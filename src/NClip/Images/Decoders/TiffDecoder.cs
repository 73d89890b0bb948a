using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NClip.Images.Decoders;

/// <summary>The first page of a TIFF. Plain layouts are read here, so that their modes stay what they are; fax, JPEG and other inner codings go to ImageMagick.</summary>
internal static class TiffDecoder
{
    /// <exception cref="ImageException">Cut off, broken, too large or not supported.</exception>
    public static Picture Open(ReadOnlyMemory<byte> file, DecodeRequest request)
    {
        if (file.Span[2] == 43 || file.Span[3] == 43) return MagickDecoder.Open(file, "TIFF", request);    // BigTIFF
        var directory = new TiffDirectory(file, request);
        var layout = TiffLayout.Of(directory, request);
        var natural = request.Policy == ImagePolicy.Natural;
        CheckBlocks(layout, file.Length, request);
        var orientation = natural && directory.Value(274, 1) is >= 1 and <= 8 and var o ? (int)o : 1;
        var inksWithProfile = natural && layout.Mode == PixelMode.Cmyk && !directory.Bytes(34675).IsEmpty;
        if (!layout.Simple || inksWithProfile) return MagickDecoder.Open(file, "TIFF", request, layout.Bits == 1 && layout.Samples == 1 ? PixelMode.Bilevel : null, orientation);
        var picture = new Picture(layout.Width, layout.Height, layout.Mode) { Palette = layout.Photometric == 3 ? Palette(directory, layout, request) : null, Orientation = orientation };
        try
        {
            var block = new byte[checked((int)(layout.BlockStride * layout.BlockHeight))];
            for (var by = 0; by < layout.BlocksDown; by++)
                for (var bx = 0; bx < layout.BlocksAcross; bx++)
                    ReadBlock(file, directory, layout, bx, by, block, picture, request);
        }
        catch
        {
            picture.Dispose();
            throw;
        }
        return natural ? IccProfile.ToSrgb(picture, directory.Bytes(34675).Span) : picture;
    }

    private static void CheckBlocks(TiffLayout l, int fileLength, DecodeRequest request)
    {
        var blocks = (long)l.BlocksAcross * l.BlocksDown * (l.Planar ? l.Samples : 1);
        if (l.Offsets.Length < blocks || (l.Counts.Length < blocks && l.Counts.Length != 0)) throw request.Broken("TIFF", $"it names {Math.Min(l.Offsets.Length, l.Counts.Length)} strips or tiles of {blocks}");
        for (var i = 0; i < blocks; i++)
        {
            var count = l.Counts.Length == 0 ? 0 : l.Counts[i];
            if (l.Offsets[i] + (long)count > fileLength || l.Offsets[i] == 0) throw request.Truncated("TIFF");
        }
        if (l.Counts.Length == 0 && blocks > 1) throw request.Broken("TIFF", "it does not say how long its strips are");
        // The densest coding, deflate, makes at most 1032 bytes of one; a file that claims more is not worth the memory.
        if (l.Simple && l.BlockStride * l.BlockHeight > 4096L * fileLength) throw request.Truncated("TIFF");
    }

    private static void ReadBlock(ReadOnlyMemory<byte> file, TiffDirectory directory, TiffLayout l, int bx, int by, byte[] block, Picture picture, DecodeRequest request)
    {
        var i = (by * l.BlocksAcross) + bx;
        var packed = l.Counts.Length == 0 ? file[(int)l.Offsets[i]..] : file.Slice((int)l.Offsets[i], (int)l.Counts[i]);
        var rows = l.Offsets.Length > 0 && directory.Values(324).Length > 0 ? l.BlockHeight : Math.Min(l.BlockHeight, l.Height - (by * l.BlockHeight));
        var stride = (int)l.BlockStride;
        var bytes = block.AsSpan(0, stride * rows);
        TiffCompression.Unpack(packed, l.Compression, bytes, request);
        var visible = Math.Min(rows, l.Height - (by * l.BlockHeight));
        var pixelBytes = PixelRows.BytesPerPixel(picture.Mode);
        var columns = Math.Min(l.BlockWidth, l.Width - (bx * l.BlockWidth));
        for (var y = 0; y < visible; y++)
        {
            var row = bytes.Slice(y * stride, stride);
            if (l.Bits == 16 && directory.LittleEndian != BitConverter.IsLittleEndian) SwapBytes(row);
            if (l.Predicted) Unpredict(row, l);
            Unpack(row, l, picture.WritableRow((by * l.BlockHeight) + y).Slice(bx * l.BlockWidth * pixelBytes, columns * pixelBytes));
        }
    }

    private static void SwapBytes(Span<byte> row)
    {
        var wide = MemoryMarshal.Cast<byte, ushort>(row);
        BinaryPrimitives.ReverseEndianness(wide, wide);
    }

    /// <summary>Predictor 2: each sample is stored as the difference to its left neighbour.</summary>
    private static void Unpredict(Span<byte> row, TiffLayout l)
    {
        if (l.Bits == 8)
        {
            for (var i = l.Samples; i < row.Length; i++) row[i] += row[i - l.Samples];
            return;
        }
        var wide = MemoryMarshal.Cast<byte, ushort>(row);
        for (var i = l.Samples; i < wide.Length; i++) wide[i] += wide[i - l.Samples];
    }

    private static void Unpack(ReadOnlySpan<byte> row, TiffLayout l, Span<byte> pixels)
    {
        var inverted = l.Photometric == 0 ? (byte)255 : (byte)0;
        if (l.Photometric is 0 or 1 && l.Bits == 16)
        {
            var (from, to) = (l.Photometric == 0 ? ushort.MaxValue : (ushort)0, MemoryMarshal.Cast<byte, ushort>(pixels).Length);
            var wide = MemoryMarshal.Cast<byte, ushort>(row);
            for (var x = 0; x < to; x++) MemoryMarshal.Cast<byte, ushort>(pixels)[x] = (ushort)(wide[x] ^ from);
        }
        else if (l.Samples == 1)
        {
            var scale = l.Photometric == 3 ? 1 : 255 / ((1 << l.Bits) - 1);
            for (var x = 0; x < pixels.Length; x++)
                pixels[x] = (byte)((scale * ((row[x * l.Bits / 8] >> (8 - l.Bits - (x * l.Bits % 8))) & ((1 << l.Bits) - 1))) ^ inverted);
        }
        else
        {
            UnpackColours(row, l, pixels);
        }
    }

    private static void UnpackColours(ReadOnlySpan<byte> row, TiffLayout l, Span<byte> pixels)
    {
        var step = l.Bits / 8;
        var high = step == 2 && BitConverter.IsLittleEndian ? 1 : 0;    // 16-bit rows are in the machine's order by now
        for (int i = high, o = 0; o < pixels.Length; i += l.Samples * step, o += 4)
        {
            for (var c = 0; c < 3; c++) pixels[o + c] = row[i + (c * step)];
            pixels[o + 3] = l.Samples == 4 && l.Mode != PixelMode.Rgb ? row[i + (3 * step)] : (byte)255;
        }
        if (l.Mode == PixelMode.Rgba && l.Alpha == 1) Resize.Premultiplication.Undo(pixels);
    }

    /// <summary>The colour map: all reds, all greens, all blues, 16 bit each.</summary>
    private static byte[] Palette(TiffDirectory directory, TiffLayout l, DecodeRequest request)
    {
        var (map, n) = (directory.Values(320), 1 << l.Bits);
        if (map.Length < 3 * n) throw request.Broken("TIFF", $"its colour map has {map.Length} values instead of {3 * n}");
        var r = new byte[1024];
        for (var i = 0; i < 256; i++) r[(4 * i) + 3] = 255;
        for (var i = 0; i < n; i++)
            for (var c = 0; c < 3; c++) r[(4 * i) + c] = (byte)(map[(c * n) + i] >> 8);
        return r;
    }
}
