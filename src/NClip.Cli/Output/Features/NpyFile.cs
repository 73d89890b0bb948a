using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace NClip.Cli.Output.Features;

/// <summary>NumPy's format, version 1.0: float32 [N, D]; beside it X.rows.jsonl says what each row belongs to.</summary>
internal sealed class NpyFile : FeatureFile
{
    // Large enough for any shape; the data begins at a multiple of 64, as the format asks.
    private const int HeaderBytes = 128;

    private readonly NewFile _file;
    private readonly RowList _rows;
    private readonly int _dimension;

    public NpyFile(string path, FeatureKind kind, int dimension)
    {
        (_file, _rows, _dimension) = (new NewFile(path), new RowList(path, kind), dimension);
        _file.Stream.Write(new byte[HeaderBytes]);
    }

    public override Task AddAsync(RowSource source, ReadOnlyMemory<float> features)
    {
        _file.Stream.Write(MemoryMarshal.AsBytes(features.Span));
        _rows.Add(source);
        return Task.CompletedTask;
    }

    public override Task CompleteAsync()
    {
        var header = new byte[HeaderBytes];
        header.AsSpan().Fill((byte)' ');
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        (header[0], header[6], header[7]) = (0x93, 1, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), HeaderBytes - 10);
        Encoding.ASCII.GetBytes($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({_rows.Count}, {_dimension}), }}", header.AsSpan(10));
        header[^1] = (byte)'\n';
        _file.Stream.Position = 0;
        _file.Stream.Write(header);
        _file.Complete();
        _rows.Complete();
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        _file.Dispose();
        _rows.Dispose();
    }
}
