using System.Buffers.Binary;
using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <summary>A graph of near neighbours that lies beside a gallery's segments, made of them and never needed: it says which rows it has, and those behind are scanned.</summary>
/// <param name="File">Its file's name.</param>
/// <param name="Length">Bytes of the file.</param>
/// <param name="Sample">Checksum of pieces of it: the whole would be read for seconds.</param>
/// <param name="Covers">Segments, and how many of their rows it has.</param>
internal sealed record NearGraph(string File, long Length, uint Sample, IReadOnlyDictionary<long, int> Covers)
{
    private const int Pieces = 64, Piece = 1 << 16, Entry = sizeof(long) + sizeof(int);

    /// <summary>Where it lies.</summary>
    public static string Folder(string gallery) => Path.Combine(gallery, "near");

    /// <summary>That of a generation, or null.</summary>
    public static NearGraph? Of(Database database, long generation) => database.Rows("SELECT file, length, sample, covers FROM graphs WHERE generation = @0",
        r => new NearGraph(r.GetString(0), r.GetInt64(1), (uint)r.GetInt64(2), Read((byte[])r[3])), generation).FirstOrDefault();

    /// <summary>Notes it as that of a generation.</summary>
    public void Note(Database database, long generation) => database.Do(
        "INSERT INTO graphs(generation, file, length, sample, covers) VALUES(@0, @1, @2, @3, @4) ON CONFLICT(generation) DO UPDATE SET file = @1, length = @2, sample = @3, covers = @4",
        generation, File, Length, (long)Sample, Bytes());

    /// <summary>A key of the graph: which row of which segment.</summary>
    public static ulong Key(long segment, int row) => ((ulong)segment << 32) | (uint)row;

    /// <summary>The row of a key.</summary>
    public static (long Segment, int Row) Place(ulong key) => ((long)(key >> 32), (int)(uint)key);

    /// <summary>Whether its file is there and what was written.</summary>
    public bool IsWhole(string gallery)
    {
        var path = Path.Combine(Folder(gallery), File);
        return new FileInfo(path) is { Exists: true } f && f.Length == Length && SampleOf(path) == Sample;
    }

    /// <summary>Checksum of 64 pieces of a file, the first and the last among them.</summary>
    public static uint SampleOf(string path)
    {
        using var file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var (length, buffer, sums) = (RandomAccess.GetLength(file), new byte[Piece], new byte[Pieces * sizeof(uint)]);
        for (var i = 0; i < Pieces; i++)
        {
            var read = RandomAccess.Read(file, buffer, Math.Max(0, length - Piece) * i / (Pieces - 1));
            BinaryPrimitives.WriteUInt32LittleEndian(sums.AsSpan(i * sizeof(uint)), Checksum.Of(buffer.AsSpan(0, read)));
        }
        return Checksum.Of(sums);
    }

    private byte[] Bytes()
    {
        var bytes = new byte[Covers.Count * Entry];
        foreach (var (i, (segment, rows)) in Covers.Index())
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * Entry), segment);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((i * Entry) + sizeof(long)), rows);
        }
        return bytes;
    }

    private static Dictionary<long, int> Read(byte[] bytes) => Enumerable.Range(0, bytes.Length / Entry)
        .ToDictionary(i => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * Entry)), i => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan((i * Entry) + sizeof(long))));
}
