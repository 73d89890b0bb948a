using System.Buffers.Binary;

namespace NClip.Images.Decoders.Png;

/// <summary>The chunks of a PNG file that say how its pixels are read (W3C PNG, third edition).</summary>
internal sealed class PngHeader
{
    private readonly DecodeRequest _request;

    /// <exception cref="ImageException">Cut off, broken or too large.</exception>
    public PngHeader(ReadOnlyMemory<byte> file, DecodeRequest request)
    {
        _request = request;
        var at = 8;
        for (var ended = false; !ended;)
        {
            if (file.Length - at < 12)
            {
                // All pixels may be there although the end chunk is not.
                if (Data.Count > 0 && file.Length - at < 4) break;
                throw request.Truncated(ImageFormat.Png);
            }
            var span = file.Span[at..];
            var length = BinaryPrimitives.ReadUInt32BigEndian(span);
            if (length > span.Length - 12) throw request.Truncated(ImageFormat.Png);
            var kind = BinaryPrimitives.ReadUInt32BigEndian(span[4..]);
            var body = file.Slice(at + 8, (int)length);
            var critical = (span[4] & 0x20) == 0;
            if (critical && Crc32.Of(span.Slice(4, (int)length + 4)) != BinaryPrimitives.ReadUInt32BigEndian(span[(8 + (int)length)..]))
                throw request.Broken(ImageFormat.Png, $"the checksum of its {Name(kind)} chunk does not match");
            if ((at == 8) != (kind == Ihdr)) throw request.Broken(ImageFormat.Png, $"chunk {Name(kind)} stands where {(at == 8 ? "IHDR" : "another chunk")} belongs");
            ended = Take(kind, body, critical);
            at += 12 + (int)length;
        }
        if (Data.Count == 0) throw request.Broken(ImageFormat.Png, "it has no pixels (IDAT)");
        if (ColourType == 3 && Palette is null) throw request.Broken(ImageFormat.Png, "it is a palette picture without a palette (PLTE)");
    }

    public int Width { get; private set; }

    public int Height { get; private set; }

    public int Depth { get; private set; }

    /// <summary>0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA.</summary>
    public int ColourType { get; private set; }

    public bool Interlaced { get; private set; }

    public int Channels => ColourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>R G B A times 256.</summary>
    public byte[]? Palette { get; private set; }

    /// <summary>The grey level or colour that is transparent, as stored, or null.</summary>
    public ushort[]? ColourKey { get; private set; }

    public ReadOnlyMemory<byte> Exif { get; private set; }

    public ReadOnlyMemory<byte> CompressedProfile { get; private set; }

    public List<ReadOnlyMemory<byte>> Data { get; } = [];

    private const uint Ihdr = 0x49484452, Plte = 0x504C5445, Trns = 0x74524E53, Idat = 0x49444154, Iend = 0x49454E44, ExifChunk = 0x65584966, Iccp = 0x69434350;

    private bool Take(uint kind, ReadOnlyMemory<byte> body, bool critical)
    {
        switch (kind)
        {
            case Ihdr: TakeHeader(body.Span); break;
            case Plte: TakePalette(body.Span); break;
            case Trns: TakeTransparency(body.Span); break;
            case Idat: Data.Add(body); break;
            case ExifChunk: Exif = body; break;
            case Iccp when body.Span.IndexOf((byte)0) is >= 0 and var end && body.Length > end + 2: CompressedProfile = body[(end + 2)..]; break;
            case Iend: return true;
            default:
                if (critical) throw _request.Broken(ImageFormat.Png, $"it has an unknown critical chunk {Name(kind)}");
                break;
        }
        return false;
    }

    private void TakeHeader(ReadOnlySpan<byte> b)
    {
        if (b.Length != 13) throw _request.Broken(ImageFormat.Png, $"its header has {b.Length} bytes instead of 13");
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(b), BinaryPrimitives.ReadUInt32BigEndian(b[4..]));
        _request.CheckSize(width, height);
        (Width, Height, Depth, ColourType, Interlaced) = ((int)width, (int)height, b[8], b[9], b[12] == 1);
        var possible = ColourType switch
        {
            0 => Depth is 1 or 2 or 4 or 8 or 16,
            3 => Depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => Depth is 8 or 16,
            _ => false,
        };
        if (!possible) throw _request.Broken(ImageFormat.Png, $"its header says colour type {ColourType} with {Depth} bits, which does not exist");
        if (b[10] != 0 || b[11] != 0 || b[12] > 1) throw _request.Broken(ImageFormat.Png, $"its header says compression {b[10]}, filter {b[11]}, interlace {b[12]}; known are 0, 0, 0 or 1");
    }

    private void TakePalette(ReadOnlySpan<byte> b)
    {
        if (b.Length is 0 or > 768 || b.Length % 3 != 0) throw _request.Broken(ImageFormat.Png, $"its palette has {b.Length} bytes; 3 to 768 in threes are possible");
        Palette = new byte[1024];
        for (var i = 3; i < 1024; i += 4) Palette[i] = 255;
        RgbImageRows.Expand(b, Palette);
    }

    private void TakeTransparency(ReadOnlySpan<byte> b)
    {
        if (ColourType == 3 && Palette is not null)
        {
            for (var i = 0; i < Math.Min(b.Length, 256); i++) Palette[(4 * i) + 3] = b[i];
        }
        else if (ColourType is 0 or 2 && b.Length >= 2 * Channels)
        {
            ColourKey = new ushort[Channels];
            for (var c = 0; c < Channels; c++) ColourKey[c] = BinaryPrimitives.ReadUInt16BigEndian(b[(2 * c)..]);
        }
    }

    private static string Name(uint kind)
    {
        Span<char> name = stackalloc char[4];
        for (var i = 0; i < 4; i++) name[i] = (char)(byte)(kind >> (24 - (8 * i))) is >= ' ' and <= '~' and var c ? c : '?';
        return new string(name);
    }
}
