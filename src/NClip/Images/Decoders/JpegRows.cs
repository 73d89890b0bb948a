using System.Buffers;

namespace NClip.Images.Decoders;

/// <summary>Rows of a JPEG, decoded a strip at a time as they are asked for: a 12-megapixel photo needs a quarter of a megabyte, not 48.</summary>
internal sealed class JpegRows : PixelRows
{
    private readonly SkiaCodec _codec;
    private readonly int _stripRows;
    private byte[]? _strip;
    private int _end;      // rows decoded so far
    private int _first;    // first row of the strip

    public JpegRows(SkiaCodec codec, JpegHeader header, int orientation)
        : base(codec.Output.Width, codec.Output.Height, codec.Output.Mode)
    {
        _codec = codec;
        (Orientation, FullWidth, FullHeight) = (orientation, header.Width, header.Height);
        _stripRows = Math.Clamp(StripBytes / RowBytes / 16 * 16, 16, 256);
        _strip = ArrayPool<byte>.Shared.Rent(_stripRows * RowBytes);
    }

    public override ReadOnlySpan<byte> Row(int y)
    {
        while (y >= _end) NextStrip();
        return Strip.AsSpan((y - _first) * RowBytes, RowBytes);
    }

    public override void Finish()
    {
        while (_end < Height) NextStrip();
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _strip, null) is not { } strip) return;
        ArrayPool<byte>.Shared.Return(strip);
        _codec.Dispose();
    }

    private byte[] Strip => _strip ?? throw new ObjectDisposedException(nameof(JpegRows));

    private void NextStrip()
    {
        var count = Math.Min(_stripRows, Height - _end);
        _codec.Read(Strip.AsSpan(0, count * RowBytes), count);
        (_first, _end) = (_end, _end + count);
    }

    private const int StripBytes = 256 * 1024;
}
