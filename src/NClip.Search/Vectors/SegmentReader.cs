using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NClip.Search.Vectors;

/// <summary>The rows of a segment, mapped. Rows that a transaction has committed do not change; whoever reads asks the store how many there are.</summary>
internal sealed unsafe class SegmentReader : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly string _path;
    private readonly byte* _start;

    private SegmentReader(string path, SegmentLayout layout, MemoryMappedFile file)
    {
        (_path, Layout, _file) = (path, layout, file);
        _view = file.CreateViewAccessor(0, layout.Length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Where things lie in it.</summary>
    public SegmentLayout Layout { get; }

    /// <summary>Maps a segment.</summary>
    /// <exception cref="SearchException">It is not there, or not as long as it must be.</exception>
    public static SegmentReader Open(string folder, SegmentLayout layout)
    {
        var path = Path.Combine(folder, layout.FileName);
        var handle = Open(path, layout, FileAccess.Read);
        try
        {
            return new SegmentReader(path, layout, MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Opens a segment's file and looks at its length and first bytes.</summary>
    /// <exception cref="SearchException">It is not there, or damaged.</exception>
    internal static SafeFileHandle Open(string path, SegmentLayout layout, FileAccess access)
    {
        SafeFileHandle file;
        try { file = File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete); }
        catch (FileNotFoundException e) { throw new SearchException("this segment of the gallery is missing. Restore it from a copy, or index into a new gallery.", path, e); }
        try
        {
            var head = new byte[SegmentLayout.Page];
            _ = RandomAccess.Read(file, head, 0);
            if (layout.Fault(head, RandomAccess.GetLength(file)) is { } fault)
                throw new SearchException($"this segment of the gallery is damaged: {fault}. Restore it from a copy, or index into a new gallery.", path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads as many bytes as fit.</summary>
    internal static void ReadExactly(SafeFileHandle file, Span<byte> to, long at)
    {
        while (to.Length > 0)
        {
            var n = RandomAccess.Read(file, to, at);
            if (n == 0) throw new EndOfStreamException("the file ends too early.");
            to = to[n..];
            at += n;
        }
    }

    /// <summary>Codes of rows that lie side by side, <see cref="SegmentLayout.CodeStride"/> apart.</summary>
    public ReadOnlySpan<sbyte> Codes(int row, int count) => new(_start + SegmentLayout.Codes + ((long)row * Layout.CodeStride), count * Layout.CodeStride);

    /// <summary>Vectors of rows that lie side by side as float32, <see cref="SegmentLayout.VectorStride"/> bytes apart; of segments of that kind only.</summary>
    public ReadOnlySpan<float> Floats(int row, int count) => new(_start + Layout.Vectors + ((long)row * Layout.VectorStride), count * (Layout.VectorStride / sizeof(float)));

    /// <summary>Records of rows that lie side by side, <see cref="SegmentLayout.RecordSize"/> apart; what <see cref="Precision"/> reads.</summary>
    public ReadOnlySpan<byte> Records(int row, int count) => new(_start + Layout.Records + ((long)row * SegmentLayout.RecordSize), count * SegmentLayout.RecordSize);

    /// <summary>What the code of a record's row is multiplied with, and how far that is from its vector.</summary>
    public static (float Scale, float Error) Precision(ReadOnlySpan<byte> record)
        => (BinaryPrimitives.ReadSingleLittleEndian(record), BinaryPrimitives.ReadSingleLittleEndian(record[sizeof(float)..]));

    /// <summary>A row's vector, whose checksum is looked at.</summary>
    /// <exception cref="SearchException">It is not what was written.</exception>
    public void Vector(int row, Span<float> to)
    {
        var record = Records(row, 1);
        if (Layout.Kind == VectorStorage.Int8)
        {
            var code = Codes(row, 1);
            Check(row, MemoryMarshal.AsBytes(code), record[12..]);
            var scale = Precision(record).Scale;
            for (var i = 0; i < to.Length; i++) to[i] = scale * code[i];
            return;
        }
        var bytes = new ReadOnlySpan<byte>(_start + Layout.Vectors + ((long)row * Layout.VectorStride), Layout.VectorSize);
        Check(row, bytes, record[8..]);
        if (Layout.Kind == VectorStorage.Float32) MemoryMarshal.Cast<byte, float>(bytes).CopyTo(to);
        else TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), to);
    }

    /// <summary>Looks at every checksum of the first <paramref name="rows"/> rows, and at the footer where the segment is full.</summary>
    /// <exception cref="SearchException">Something is not what was written.</exception>
    public void Verify(int rows, bool isSealed, CancellationToken cancellation = default)
    {
        for (var row = 0; row < rows; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            Check(row, MemoryMarshal.AsBytes(Codes(row, 1)), Records(row, 1)[12..]);
            Check(row, new ReadOnlySpan<byte>(_start + Layout.Vectors + ((long)row * Layout.VectorStride), Layout.VectorSize), Records(row, 1)[8..]);
        }
        var foot = SegmentLayout.Foot(rows, new ReadOnlySpan<byte>(_start + Layout.Records, rows * SegmentLayout.RecordSize));
        if (isSealed && !foot.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(_start + Layout.Footer, foot.Length)))
            throw new SearchException("this segment's footer is not what was written. Restore the gallery from a copy, or index into a new one.", _path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private void Check(int row, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> checksum)
    {
        if (Checksum.Of(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(checksum))
            throw new SearchException(FormattableString.Invariant($"row {row} of this segment is not what was written. Restore the gallery from a copy, or index into a new one."), _path);
    }
}
