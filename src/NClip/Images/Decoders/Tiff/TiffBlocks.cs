using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NClip.Images.Decoders.Tiff;

/// <summary>Reads the strips or tiles of a TIFF into a picture, one after the other.</summary>
internal sealed class TiffBlocks
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly TiffLayout _layout;
    private readonly DecodeRequest _request;
    private readonly bool _swapped;
    private readonly byte[] _block;
    private readonly byte[] _plane;       // one sample of the block, where each has its own
    private byte[] _reversed = [];

    public TiffBlocks(ReadOnlyMemory<byte> file, bool littleEndian, TiffLayout layout, DecodeRequest request)
    {
        (_file, _layout, _request, _swapped) = (file, layout, request, littleEndian != BitConverter.IsLittleEndian);
        _block = new byte[checked((int)(layout.BlockStride * layout.BlockHeight))];
        _plane = layout.Planar ? new byte[_block.Length / layout.Samples] : [];
    }

    public void Read(Picture picture)
    {
        for (var by = 0; by < _layout.BlocksDown; by++)
            for (var bx = 0; bx < _layout.BlocksAcross; bx++)
                ReadBlock(bx, by, picture);
    }

    private void ReadBlock(int bx, int by, Picture picture)
    {
        var l = _layout;
        var left = l.Height - (by * l.BlockHeight);
        var rows = l.Tiled ? l.BlockHeight : Math.Min(l.BlockHeight, left);
        var stride = (int)l.BlockStride;
        var bytes = _block.AsSpan(0, stride * rows);
        var i = (by * l.BlocksAcross) + bx;
        if (l.Planar) ReadPlanes(i, rows, bytes);
        else Unpack(i, bytes, stride, l.Samples);
        var pixelBytes = PixelRows.BytesPerPixel(picture.Mode);
        var columns = Math.Min(l.BlockWidth, l.Width - (bx * l.BlockWidth));
        for (var y = 0; y < Math.Min(rows, left); y++)
            TiffPixels.Unpack(bytes.Slice(y * stride, stride), l, picture, picture.WritableRow((by * l.BlockHeight) + y).Slice(bx * l.BlockWidth * pixelBytes, columns * pixelBytes));
    }

    /// <summary>The planes of a block, brought together pixel by pixel.</summary>
    private void ReadPlanes(int block, int rows, Span<byte> bytes)
    {
        var step = _layout.Bits / 8;
        var plane = _plane.AsSpan(0, _layout.BlockWidth * step * rows);
        for (var s = 0; s < _layout.Samples; s++)
        {
            Unpack((s * _layout.BlocksOfPlane) + block, plane, _layout.BlockWidth * step, 1);
            for (int i = 0, o = s * step; i < plane.Length; i += step, o += _layout.Samples * step) plane.Slice(i, step).CopyTo(bytes[o..]);
        }
    }

    /// <summary>One block of the file: decompressed, in the machine's byte order, differences summed.</summary>
    private void Unpack(int block, Span<byte> bytes, int stride, int samples)
    {
        var (at, count) = ((int)_layout.Offsets[block], _layout.Counts.Length == 0 || _layout.Compression == 1 ? int.MaxValue : (int)_layout.Counts[block]);
        if (_layout.Compression == 1) count = bytes.Length;
        var packed = _file.Slice(at, Math.Min(count, _file.Length - at));
        TiffCompression.Unpack(_layout.Reversed ? Reversed(packed.Span) : packed, _layout.Compression, bytes, _request);
        for (var y = 0; y < bytes.Length; y += stride)
        {
            var row = bytes.Slice(y, stride);
            if (_swapped) SwapBytes(row, _layout.Bits);
            if (_layout.Predictor == 2) Sum(row, _layout.Bits, samples);
        }
    }

    private Memory<byte> Reversed(ReadOnlySpan<byte> packed)
    {
        if (_reversed.Length < packed.Length) _reversed = new byte[packed.Length];
        for (var i = 0; i < packed.Length; i++)
            _reversed[i] = (byte)(((packed[i] * 0x80200802UL) & 0x0884422110UL) * 0x0101010101UL >> 32);
        return _reversed.AsMemory(0, packed.Length);
    }

    private static void SwapBytes(Span<byte> row, int bits)
    {
        if (bits == 16)
        {
            var wide = MemoryMarshal.Cast<byte, ushort>(row);
            BinaryPrimitives.ReverseEndianness(wide, wide);
        }
        else if (bits == 32)
        {
            var wide = MemoryMarshal.Cast<byte, uint>(row);
            BinaryPrimitives.ReverseEndianness(wide, wide);
        }
    }

    /// <summary>Predictor 2: each sample is stored as the difference to its left neighbour.</summary>
    private static void Sum(Span<byte> row, int bits, int samples)
    {
        switch (bits)
        {
            case 8:
                for (var i = samples; i < row.Length; i++) row[i] += row[i - samples];
                break;
            case 16:
                var wide = MemoryMarshal.Cast<byte, ushort>(row);
                for (var i = samples; i < wide.Length; i++) wide[i] += wide[i - samples];
                break;
            default:
                var wider = MemoryMarshal.Cast<byte, uint>(row);
                for (var i = samples; i < wider.Length; i++) wider[i] += wider[i - samples];
                break;
        }
    }
}
