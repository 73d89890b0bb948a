using System.Buffers;

namespace NClip.Images;

/// <summary>A whole decoded picture in a pooled buffer.</summary>
internal sealed class Picture : PixelRows
{
    private byte[]? _pixels;

    public Picture(int width, int height, PixelMode mode)
        : base(width, height, mode) => _pixels = ArrayPool<byte>.Shared.Rent(checked(RowBytes * height));

    /// <summary>All rows, one after the other.</summary>
    public Span<byte> Pixels => (_pixels ?? throw new ObjectDisposedException(nameof(Picture))).AsSpan(0, RowBytes * Height);

    public override ReadOnlySpan<byte> Row(int y) => Pixels.Slice(y * RowBytes, RowBytes);

    public Span<byte> WritableRow(int y) => Pixels.Slice(y * RowBytes, RowBytes);

    /// <summary>The picture itself, or its rows read to the end.</summary>
    public static Picture Whole(PixelRows rows)
    {
        if (rows is Picture whole) return whole;
        var r = new Picture(rows.Width, rows.Height, rows.Mode) { Palette = rows.Palette, Orientation = rows.Orientation, FullWidth = rows.FullWidth, FullHeight = rows.FullHeight };
        try
        {
            for (var y = 0; y < rows.Height; y++) rows.Row(y).CopyTo(r.WritableRow(y));
            return r;
        }
        catch
        {
            r.Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels) ArrayPool<byte>.Shared.Return(pixels);
    }
}
