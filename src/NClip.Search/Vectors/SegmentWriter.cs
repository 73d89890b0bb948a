using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NClip.Search.Vectors;

/// <summary>Appends rows to a segment. What was appended counts when the store's transaction says so, never before; until then the next writer writes over it.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly SegmentLayout _layout;

    private SegmentWriter(SafeFileHandle file, SegmentLayout layout, int rows) => (_file, _layout, Rows) = (file, layout, rows);

    /// <summary>Rows that it has.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows that it still takes.</summary>
    public int Free => _layout.Capacity - Rows;

    /// <summary>Its number.</summary>
    public long Id => _layout.Id;

    /// <summary>Where things lie in it.</summary>
    public SegmentLayout Layout => _layout;

    /// <summary>A new segment. A file of the name, which an earlier writer left behind unseen, is replaced.</summary>
    public static SegmentWriter Create(string folder, SegmentLayout layout)
    {
        var file = File.OpenHandle(Path.Combine(folder, layout.FileName), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            RandomAccess.Write(file, layout.Head(), 0);
            RandomAccess.SetLength(file, layout.Length);
            return new SegmentWriter(file, layout, 0);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A segment that is not full, behind its last committed row.</summary>
    /// <exception cref="SearchException">The file is damaged.</exception>
    public static SegmentWriter Continue(string folder, SegmentLayout layout, int rows)
    {
        var path = Path.Combine(folder, layout.FileName);
        var file = SegmentReader.Open(path, layout, FileAccess.ReadWrite);
        return new SegmentWriter(file, layout, rows);
    }

    /// <summary>Appends unit vectors.</summary>
    public void Append(IReadOnlyList<ReadOnlyMemory<float>> vectors)
    {
        var (codes, records, values) = (new byte[vectors.Count * _layout.CodeStride], new byte[vectors.Count * SegmentLayout.RecordSize], new byte[vectors.Count * _layout.VectorStride]);
        for (var i = 0; i < vectors.Count; i++)
        {
            var code = codes.AsSpan(i * _layout.CodeStride, _layout.CodeStride);
            var value = values.AsSpan(i * _layout.VectorStride, _layout.VectorSize);
            var (scale, error) = Code.Write(vectors[i].Span, MemoryMarshal.Cast<byte, sbyte>(code));
            Write(vectors[i].Span, value);
            var record = records.AsSpan(i * SegmentLayout.RecordSize);
            BinaryPrimitives.WriteSingleLittleEndian(record, scale);
            BinaryPrimitives.WriteSingleLittleEndian(record[4..], error);
            BinaryPrimitives.WriteUInt32LittleEndian(record[8..], Checksum.Of(value));
            BinaryPrimitives.WriteUInt32LittleEndian(record[12..], Checksum.Of(code));
        }
        RandomAccess.Write(_file, values, _layout.Vectors + ((long)Rows * _layout.VectorStride));
        RandomAccess.Write(_file, codes, SegmentLayout.Codes + ((long)Rows * _layout.CodeStride));
        RandomAccess.Write(_file, records, _layout.Records + ((long)Rows * SegmentLayout.RecordSize));
        Rows += vectors.Count;
    }

    /// <summary>Writes the footer of a segment that takes no more rows.</summary>
    public void Seal()
    {
        var records = new byte[Rows * SegmentLayout.RecordSize];
        SegmentReader.ReadExactly(_file, records, _layout.Records);
        RandomAccess.Write(_file, SegmentLayout.Foot(Rows, records), _layout.Footer);
    }

    /// <summary>Waits until all of it is on the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Write(ReadOnlySpan<float> vector, Span<byte> to)
    {
        if (_layout.Kind == VectorStorage.Float32) MemoryMarshal.AsBytes(vector).CopyTo(to);
        else if (_layout.Kind == VectorStorage.Float16) TensorPrimitives.ConvertToHalf(vector, MemoryMarshal.Cast<byte, Half>(to));
    }
}
