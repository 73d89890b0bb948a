using System.Buffers;

namespace NClip.Images;

/// <summary>Rows of another picture, each changed as it is read.</summary>
internal sealed class MappedRows : PixelRows
{
    public delegate void Map(PixelRows source, ReadOnlySpan<byte> from, Span<byte> to);

    private readonly PixelRows _source;
    private readonly Map _map;
    private byte[]? _row;

    public MappedRows(PixelRows source, PixelMode mode, Map map)
        : base(source.Width, source.Height, mode)
    {
        (_source, _map) = (source, map);
        (Orientation, FullWidth, FullHeight) = (source.Orientation, source.FullWidth, source.FullHeight);
        _row = ArrayPool<byte>.Shared.Rent(RowBytes);
    }

    public override ReadOnlySpan<byte> Row(int y)
    {
        var to = (_row ?? throw new ObjectDisposedException(nameof(MappedRows))).AsSpan(0, RowBytes);
        _map(_source, _source.Row(y), to);
        return to;
    }

    public override void Finish() => _source.Finish();

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _row, null) is { } row) ArrayPool<byte>.Shared.Return(row);
        _source.Dispose();
    }
}
