using System.Buffers.Binary;

namespace NClip.Search.Vectors;

/// <summary>
/// Where things lie in a segment's file (docs/search.md, "Segments"). Its length is fixed when it is made and the rest of it is a hole, so each of its
/// three planes (codes, records, vectors) grows from its own beginning, and a reader maps the file once.
/// </summary>
/// <param name="Id">The segment's number, which its file is named after; a number is never used twice.</param>
/// <param name="Dimension">Values in a vector.</param>
/// <param name="Capacity">Rows that it can hold.</param>
/// <param name="Kind">How vectors are kept.</param>
internal readonly record struct SegmentLayout(long Id, int Dimension, int Capacity, VectorStorage Kind)
{
    /// <summary>Bytes of a page; planes begin on one.</summary>
    public const int Page = 4096;

    /// <summary>Bytes of a row's record: scale, length of the code's error, checksum of the vector, checksum of the code.</summary>
    public const int RecordSize = 16;

    private const int HeadSize = 40;
    private const uint Version = 1;
    private static ReadOnlySpan<byte> HeadMagic => "NClipSeg"u8;
    private static ReadOnlySpan<byte> FootMagic => "NClipEnd"u8;

    /// <summary>Bytes between two codes: values, rounded up to a register of 512 bits.</summary>
    public int CodeStride => Up(Dimension, 64);

    /// <summary>Bytes of one vector.</summary>
    public int VectorSize => Dimension * Kind switch { VectorStorage.Float32 => sizeof(float), VectorStorage.Float16 => sizeof(ushort), _ => 0 };

    /// <summary>Bytes between two vectors.</summary>
    public int VectorStride => Up(VectorSize, 64);

    /// <summary>Where the plane of codes begins.</summary>
    public const long Codes = Page;

    /// <summary>Where the plane of records begins.</summary>
    public long Records => Up(Codes + ((long)Capacity * CodeStride), Page);

    /// <summary>Where the plane of vectors begins.</summary>
    public long Vectors => Up(Records + ((long)Capacity * RecordSize), Page);

    /// <summary>Where the footer of a full segment stands.</summary>
    public long Footer => Up(Vectors + ((long)Capacity * VectorStride), Page);

    /// <summary>Bytes of the file.</summary>
    public long Length => Footer + Page;

    /// <summary>The file's name.</summary>
    public string FileName => NameOf(Id);

    /// <summary>The file's name.</summary>
    public static string NameOf(long id) => FormattableString.Invariant($"{id:00000000}.seg");

    /// <summary>The first bytes of the file.</summary>
    public byte[] Head()
    {
        var b = new byte[HeadSize];
        HeadMagic.CopyTo(b);
        BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(b.AsSpan(12), Dimension);
        BinaryPrimitives.WriteInt32LittleEndian(b.AsSpan(16), Capacity);
        BinaryPrimitives.WriteInt32LittleEndian(b.AsSpan(20), (int)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(b.AsSpan(24), Id);
        BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(36), Checksum.Of(b.AsSpan(0, 36)));
        return b;
    }

    /// <summary>What is wrong with a file that should be this segment, or null.</summary>
    /// <param name="head">Its first bytes.</param>
    /// <param name="length">Its length.</param>
    public string? Fault(ReadOnlySpan<byte> head, long length)
        => length != Length ? FormattableString.Invariant($"the file has {length} bytes; it must have {Length}")
        : !head[..HeadSize].SequenceEqual(Head()) ? "its first bytes are not those that were written"
        : null;

    /// <summary>The footer that seals a full segment: how many rows, and the checksum of all their records, which hold the checksums of the rows.</summary>
    public static byte[] Foot(int rows, ReadOnlySpan<byte> records)
    {
        var b = new byte[20];
        FootMagic.CopyTo(b);
        BinaryPrimitives.WriteInt32LittleEndian(b.AsSpan(8), rows);
        BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(12), Checksum.Of(records));
        BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(16), Checksum.Of(b.AsSpan(0, 16)));
        return b;
    }

    private static int Up(int n, int to) => (n + to - 1) / to * to;

    private static long Up(long n, int to) => (n + to - 1) / to * to;
}
