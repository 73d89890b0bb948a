using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace NClip.Cli.Output.Features;

/// <summary>NumPy's format, version 1.0: float32 [N, D].</summary>
internal static class NpyFormat
{
    // Large enough for any shape; the data begins at a multiple of 64, as the format asks.
    private const int HeaderBytes = 128;

    public static Task WriteAsync(FeatureTable table, Stream to, CancellationToken stop)
    {
        to.Write(Header(table));
        foreach (var row in table.Rows)
        {
            stop.ThrowIfCancellationRequested();
            to.Write(MemoryMarshal.AsBytes(row.Values.Span));
        }
        return Task.CompletedTask;
    }

    private static byte[] Header(FeatureTable table)
    {
        var header = new byte[HeaderBytes];
        header.AsSpan().Fill((byte)' ');
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        (header[0], header[6], header[7]) = (0x93, 1, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), HeaderBytes - 10);
        Encoding.ASCII.GetBytes($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({table.Count}, {table.Dimension}), }}", header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }
}
