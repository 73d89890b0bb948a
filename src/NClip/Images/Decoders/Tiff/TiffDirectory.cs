using System.Buffers.Binary;

namespace NClip.Images.Decoders.Tiff;

/// <summary>The first directory of a TIFF file (TIFF 6.0): its tags and their numbers.</summary>
internal sealed class TiffDirectory
{
    private readonly Dictionary<int, (int Type, uint Count, int At)> _entries = [];
    private readonly ReadOnlyMemory<byte> _file;
    private readonly DecodeRequest _request;

    /// <exception cref="ImageException">The directory lies outside the file or is cut off.</exception>
    public TiffDirectory(ReadOnlyMemory<byte> file, DecodeRequest request)
    {
        (_file, _request) = (file, request);
        var b = file.Span;
        if (b.Length < 8) throw request.Truncated(ImageFormat.Tiff);
        LittleEndian = b[0] == 'I';
        var at = U32(4);
        if (at < 8 || at > b.Length - 2) throw request.Broken(ImageFormat.Tiff, $"its directory is said to start at byte {at}, the file has {b.Length}");
        var count = U16((int)at);
        if (at + 2 + (12L * count) > b.Length) throw request.Truncated(ImageFormat.Tiff);
        for (var i = 0; i < count; i++)
        {
            var entry = (int)at + 2 + (12 * i);
            var (type, n) = (U16(entry + 2), U32(entry + 4));
            var size = SizeOf(type) * (long)n;
            if (size == 0) continue;
            var where = size <= 4 ? entry + 8 : (long)U32(entry + 8);
            if (where + size <= b.Length) _entries.TryAdd(U16(entry), (type, n, (int)where));
            else if (U16(entry) is not (> 40000 or 700 or 33723 or 34377)) throw request.Truncated(ImageFormat.Tiff);    // metadata may be lost, pixels not
        }
    }

    public bool LittleEndian { get; }

    /// <summary>All numbers of a tag; empty where it is missing.</summary>
    public uint[] Values(int tag)
    {
        if (!_entries.TryGetValue(tag, out var e)) return [];
        var r = new uint[e.Count];
        for (var i = 0; i < r.Length; i++) r[i] = Number(tag, e.Type, e.At, i);
        return r;
    }

    /// <summary>The first number of a tag.</summary>
    public uint Value(int tag, uint missing) => _entries.TryGetValue(tag, out var e) ? Number(tag, e.Type, e.At, 0) : missing;

    /// <summary>The bytes of a tag.</summary>
    public ReadOnlyMemory<byte> Bytes(int tag) => _entries.TryGetValue(tag, out var e) ? _file.Slice(e.At, (int)(SizeOf(e.Type) * e.Count)) : default;

    private uint Number(int tag, int type, int at, int i) => type switch
    {
        1 or 6 or 7 => _file.Span[at + i],
        3 or 8 => (uint)U16(at + (2 * i)),
        4 or 9 or 13 => U32(at + (4 * i)),
        _ => throw _request.Broken(ImageFormat.Tiff, $"tag {tag} has type {type}, which is no integer"),
    };

    private static int SizeOf(int type) => type switch { 1 or 2 or 6 or 7 => 1, 3 or 8 => 2, 4 or 9 or 11 or 13 => 4, 5 or 10 or 12 => 8, _ => 0 };

    private int U16(int at) => LittleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(_file.Span[at..]) : BinaryPrimitives.ReadUInt16BigEndian(_file.Span[at..]);

    private uint U32(int at) => LittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(_file.Span[at..]) : BinaryPrimitives.ReadUInt32BigEndian(_file.Span[at..]);
}
