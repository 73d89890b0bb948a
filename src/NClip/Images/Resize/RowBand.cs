using System.Buffers;

namespace NClip.Images.Resize;

/// <summary>The rows between the two passes: only those that the next output row needs are kept, one after the other, so that they stay in the cache.</summary>
internal sealed class RowBand : IDisposable
{
    private readonly int _stride;
    private readonly int _capacity;
    private readonly byte[] _rows;
    private int _first;      // row of the source at the band's start
    private int _count;
    private int _offset;     // where the band starts in the buffer, in rows

    public RowBand(int stride, int rows)
    {
        _stride = stride;
        _capacity = checked(2 * rows);
        _rows = ArrayPool<byte>.Shared.Rent(checked(_capacity * stride));
    }

    /// <summary>The first row that is not there yet.</summary>
    public int End => _first + _count;

    /// <summary>Forgets the rows before <paramref name="row"/>; where the band is empty, it goes on there.</summary>
    public void DropBefore(int row)
    {
        var n = Math.Min(row - _first, _count);
        _offset += n;
        _count -= n;
        _first = row;
    }

    /// <summary>The place of row <see cref="End"/>, which now counts as there.</summary>
    public Span<byte> Next()
    {
        if (_offset + _count == _capacity)
        {
            _rows.AsSpan(_offset * _stride, _count * _stride).CopyTo(_rows);
            _offset = 0;
        }
        return _rows.AsSpan((_offset + _count++) * _stride, _stride);
    }

    /// <summary>The rows from <paramref name="row"/> on.</summary>
    public ReadOnlySpan<byte> From(int row) => _rows.AsSpan((_offset + row - _first) * _stride, (End - row) * _stride);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_rows);
}
