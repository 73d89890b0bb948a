using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using NClip.Foundation;

namespace NClip.Checkpoints.Torch;

/// <summary>One file of a zip: where its data lies in the archive, and its sizes packed and unpacked.</summary>
internal sealed record ZipItem(string Name, bool IsCompressed, long Offset, long PackedLength, long Length);

/// <summary>
/// The directory of a zip or zip64 archive, checked against the local headers: no overlaps, no encryption, no sizes that deflate cannot reach.
/// Own reader, because the data's offset is wanted, which System.IO.Compression does not tell. (PKWARE APPNOTE 4.3)
/// </summary>
internal static class ZipDirectory
{
    // Deflate turns one byte into at most 1032.
    private const int MaxDeflateRatio = 1032;

    // Weights hardly pack; what unpacks to far more than the file is a bomb.
    private const long FreeUnpacked = 16 << 20;
    private const int MaxUnpackedRatio = 32;

    public static Dictionary<string, ZipItem> Read(ByteSource source)
    {
        var (count, size, offset, end) = FindEnd(source);
        if (size < 0 || offset < 0 || offset > end - size) throw Refuse(source, $"the zip directory is said to lie at byte {offset} with {size} bytes, but must end before byte {end}");
        if (count < 0 || count > size / 46) throw Refuse(source, $"the zip directory says it has {count} entries in {size} bytes");
        var directory = source.Span(offset, size);
        var items = new Dictionary<string, ZipItem>((int)count);
        var ranges = new List<(long Begin, long End, string Name)>((int)count);
        var (at, unpacked) = (0, 0L);
        for (var i = 0L; i < count; i++)
        {
            var item = ReadEntry(source, directory, offset, ref at, out var localHeader);
            if (!items.TryAdd(item.Name, item)) throw Refuse(source, $"the zip has '{Shown.Name(item.Name)}' twice");
            ranges.Add((localHeader, item.Offset + item.PackedLength, item.Name));
            if (item.IsCompressed) unpacked += item.Length;
            if (unpacked > FreeUnpacked + MaxUnpackedRatio * source.Length) throw Refuse(source, $"'{Shown.Name(item.Name)}' and the entries before it unpack to more than {unpacked} bytes from a file of {source.Length}: a zip bomb");
        }
        ranges.Sort();
        var (last, lastName) = (0L, "");
        foreach (var (begin, stop, name) in ranges)
        {
            if (begin < last) throw Refuse(source, $"'{Shown.Name(name)}' at byte {begin} overlaps '{Shown.Name(lastName)}', which ends at {last}");
            if (stop > offset) throw Refuse(source, $"'{Shown.Name(name)}' ends at byte {stop}, inside the zip directory at {offset}");
            (last, lastName) = (stop, name);
        }
        return items;
    }

    /// <summary>The content: a view of the source where it is stored, else unpacked.</summary>
    public static ReadOnlyMemory<byte> Content(ByteSource source, ZipItem item)
    {
        var packed = source.Memory(item.Offset, item.PackedLength);
        return item.IsCompressed ? Inflate(source, item, packed) : packed;
    }

    private static unsafe byte[] Inflate(ByteSource source, ZipItem item, ReadOnlyMemory<byte> packed)
    {
        if (item.Length > Array.MaxLength) throw Refuse(source, $"'{Shown.Name(item.Name)}' unpacks to {item.Length} bytes, more than one array holds");
        var content = new byte[item.Length];
        using var pin = packed.Pin();
        using var stream = new DeflateStream(new UnmanagedMemoryStream((byte*)pin.Pointer, packed.Length), CompressionMode.Decompress);
        try
        {
            stream.ReadExactly(content);
            if (stream.ReadByte() >= 0) throw Refuse(source, $"'{Shown.Name(item.Name)}' unpacks to more than the {item.Length} bytes the directory says");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new CheckpointException(source.Name, $"'{Shown.Name(item.Name)}' at byte {item.Offset} cannot be unpacked: its data is damaged. Get the file again.", e);
        }
        return content;
    }

    /// <summary>The end record (the zip64 one where there is one): entries, directory size and offset, and where the end record begins.</summary>
    private static (long Count, long Size, long Offset, long End) FindEnd(ByteSource source)
    {
        const int fixedLength = 22;
        var length = Math.Min(source.Length, fixedLength + ushort.MaxValue);
        var tailAt = source.Length - length;
        var tail = source.Span(tailAt, length);
        var at = tail.Length - fixedLength;
        while (at >= 0 && !(Int32(tail[at..]) == 0x06054b50 && at + fixedLength + UInt16(tail[(at + 20)..]) == tail.Length)) at--;
        if (at < 0) throw Refuse(source, "it begins as a zip but has no zip directory at its end: the file is cut");
        var record = tail[at..];
        var end = tailAt + at;
        if (UInt16(record[4..]) is not (0 or ushort.MaxValue)) throw Refuse(source, "it is one part of a zip split over several files");
        if (end >= 20 && Int32(source.Span(end - 20, 20)) == 0x07064b50)
        {
            var at64 = BinaryPrimitives.ReadInt64LittleEndian(source.Span(end - 12, 8));
            if (at64 < 0 || at64 > end - 20 - 56 || Int32(source.Span(at64, 4)) != 0x06064b50) throw Refuse(source, $"the zip64 end record is said to lie at byte {at64}, where there is none");
            var record64 = source.Span(at64, 56);
            return (Int64(record64[32..]), Int64(record64[40..]), Int64(record64[48..]), at64);
        }
        return (UInt16(record[10..]), UInt32(record[12..]), UInt32(record[16..]), end);
    }

    private static ZipItem ReadEntry(ByteSource source, ReadOnlySpan<byte> directory, long directoryAt, ref int at, out long localHeader)
    {
        var rest = directory[at..];
        if (rest.Length < 46 || Int32(rest) != 0x02014b50) throw Refuse(source, $"the zip directory is damaged at byte {directoryAt + at}");
        var (flags, method) = (UInt16(rest[8..]), UInt16(rest[10..]));
        var (packed, length, nameLength, extraLength, commentLength) = ((long)UInt32(rest[20..]), (long)UInt32(rest[24..]), UInt16(rest[28..]), UInt16(rest[30..]), UInt16(rest[32..]));
        localHeader = UInt32(rest[42..]);
        if (rest.Length < 46 + nameLength + extraLength + commentLength) throw Refuse(source, $"the zip directory is cut at byte {directoryAt + at}");
        var nameBytes = rest.Slice(46, nameLength);
        var name = Encoding.UTF8.GetString(nameBytes);
        ReadZip64(rest.Slice(46 + nameLength, extraLength), ref length, ref packed, ref localHeader);
        at += 46 + nameLength + extraLength + commentLength;

        if ((flags & 1) != 0) throw Refuse(source, $"'{Shown.Name(name)}' is encrypted");
        if (method is not (0 or 8)) throw Refuse(source, $"'{Shown.Name(name)}' is packed with method {method}; only stored and deflated entries are read");
        if (packed < 0 || length < 0) throw Refuse(source, $"'{Shown.Name(name)}' has a negative length");
        if (method == 0 && packed != length) throw Refuse(source, $"'{Shown.Name(name)}' is stored, but its two lengths are {packed} and {length}");
        if (method == 8 && length / MaxDeflateRatio > packed) throw Refuse(source, $"'{Shown.Name(name)}' is said to unpack from {packed} to {length} bytes, which deflate cannot do");

        if (localHeader < 0 || localHeader > directoryAt - 30 || Int32(source.Span(localHeader, 4)) != 0x04034b50) throw Refuse(source, $"'{Shown.Name(name)}' is said to lie at byte {localHeader}, where no zip entry begins");
        var local = source.Span(localHeader, 30);
        var offset = localHeader + 30 + UInt16(local[26..]) + UInt16(local[28..]);
        if (UInt16(local[26..]) != nameLength || !source.Span(localHeader + 30, nameLength).SequenceEqual(nameBytes)) throw Refuse(source, $"the entry at byte {localHeader} has another name than '{Shown.Name(name)}' of the directory");
        if (offset > directoryAt - packed) throw Refuse(source, $"'{Shown.Name(name)}' has {packed} bytes from byte {offset}, which leaves the data before byte {directoryAt}");
        return new ZipItem(name, method == 8, offset, packed, length);
    }

    /// <summary>The extra field that carries, in this order, those of the values that did not fit into 32 bits.</summary>
    private static void ReadZip64(ReadOnlySpan<byte> extra, ref long length, ref long packed, ref long localHeader)
    {
        while (extra.Length >= 4)
        {
            var (id, size) = (UInt16(extra), Math.Min(UInt16(extra[2..]), extra.Length - 4));
            var field = extra.Slice(4, size);
            if (id == 1)
            {
                Widen(ref length, ref field);
                Widen(ref packed, ref field);
                Widen(ref localHeader, ref field);
                return;
            }
            extra = extra[(4 + size)..];
        }

        static void Widen(ref long value, ref ReadOnlySpan<byte> field)
        {
            if (value != uint.MaxValue || field.Length < 8) return;
            value = Int64(field);
            field = field[8..];
        }
    }

    private static ushort UInt16(ReadOnlySpan<byte> b) => BinaryPrimitives.ReadUInt16LittleEndian(b);
    private static uint UInt32(ReadOnlySpan<byte> b) => BinaryPrimitives.ReadUInt32LittleEndian(b);
    private static int Int32(ReadOnlySpan<byte> b) => BinaryPrimitives.ReadInt32LittleEndian(b);
    private static long Int64(ReadOnlySpan<byte> b) => BinaryPrimitives.ReadInt64LittleEndian(b);
    private static CheckpointException Refuse(ByteSource source, string message) => new(source.Name, $"{message}. Get the file again.");
}
