namespace NClip.Images.Decoders;

/// <summary>GIF's LZW: codes of 3..12 bits, least significant bit first, in sub-blocks.</summary>
internal ref struct GifLzw
{
    private readonly ReadOnlySpan<byte> _file;
    private readonly DecodeRequest _request;
    private readonly int _firstBits;
    private readonly ushort[] _prefix = new ushort[4096];
    private readonly byte[] _last = new byte[4096];
    private readonly byte[] _pending = new byte[4097];    // the string of the last code, last byte first
    private ReadOnlySpan<byte> _block;
    private int _at;
    private int _pendingCount;
    private uint _buffer;
    private int _bufferBits;
    private int _bits;
    private int _next;        // the next free place in the table
    private int _previous;    // the code before, or -1 after a clear code
    private byte _first;      // first byte of its string

    public GifLzw(ReadOnlySpan<byte> file, int at, int bits, DecodeRequest request)
    {
        _file = file;
        (_at, _firstBits, _request) = (at, bits, request);
        for (var i = 0; i < 1 << bits; i++) _last[i] = (byte)i;
        Clear();
    }

    /// <summary>Fills a row.</summary>
    public void Read(Span<byte> row)
    {
        for (var x = 0; x < row.Length; x++)
        {
            while (_pendingCount == 0) NextString();
            row[x] = _pending[--_pendingCount];
        }
    }

    private void Clear() => (_bits, _next, _previous) = (_firstBits + 1, (1 << _firstBits) + 2, -1);

    private void NextString()
    {
        var clear = 1 << _firstBits;
        var code = NextCode();
        if (code == clear)
        {
            Clear();
            return;
        }
        if (code == clear + 1) throw _request.Truncated(ImageFormat.Gif);
        if (code > _next || (code == _next && _previous < 0) || (_previous < 0 && code > clear)) throw _request.Broken(ImageFormat.Gif, "its compressed pixels use a code before it is defined");
        var c = code;
        if (code == _next)
        {
            _pending[_pendingCount++] = _first;
            c = _previous;
        }
        for (; c > clear; c = _prefix[c]) _pending[_pendingCount++] = _last[c];
        _first = _last[c];
        _pending[_pendingCount++] = _first;
        if (_previous >= 0 && _next < 4096)
        {
            (_prefix[_next], _last[_next]) = ((ushort)_previous, _first);
            if (++_next == 1 << _bits && _bits < 12) _bits++;
        }
        _previous = code;
    }

    private int NextCode()
    {
        while (_bufferBits < _bits)
        {
            if (_block.IsEmpty)
            {
                _block = GifDecoder.SubBlock(_file, ref _at, _request);
                if (_block.IsEmpty) throw _request.Truncated(ImageFormat.Gif);
            }
            _buffer |= (uint)_block[0] << _bufferBits;
            _bufferBits += 8;
            _block = _block[1..];
        }
        var code = (int)(_buffer & ((1u << _bits) - 1));
        _buffer >>= _bits;
        _bufferBits -= _bits;
        return code;
    }
}
