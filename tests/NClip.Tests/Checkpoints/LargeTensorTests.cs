using System.Text;
using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Checkpoints;

/// <summary>Tensors beyond 2 GiB: no piece of memory holds one, its parts can be read.</summary>
public sealed class LargeTensorTests
{
    private const long Rows = 901_629, Width = 1024;

    [Fact]
    public void A_row_of_a_table_of_4_GB_is_read_and_the_table_is_refused()
    {
        var bytes = Rows * Width * sizeof(float);
        var json = Encoding.UTF8.GetBytes($$$"""{"table":{"dtype":"F32","shape":[{{{Rows}}},{{{Width}}}],"data_offsets":[0,{{{bytes}}}]}}""");
        byte[] head = [.. BitConverter.GetBytes((long)json.Length), .. json];
        using var file = SafetensorsReader.Read(new Pattern(head, head.Length + bytes));
        var table = file.Tensors["table"];
        Assert.Equal(Rows * Width, table.Count);
        var row = new float[Width];
        table.ToFloat32((Rows - 1) * Width, row);
        Assert.All(row, x => Assert.Equal(1.5f, x));
        Assert.Equal(512, table.Bytes(bytes - 512, 512).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Bytes(bytes - 511, 512));
        Assert.Contains("2 GiB", Assert.Throws<CheckpointException>(() => table.Bytes()).Message, StringComparison.Ordinal);
    }

    /// <summary>A header, and behind it 1.5 as float32 again and again, made when it is read.</summary>
    private sealed class Pattern(byte[] head, long length) : ByteSource("large.safetensors")
    {
        public override string? File => null;

        public override long Length => length;

        public override void Read(long offset, Span<byte> to) => Slice(offset, to.Length).Span.CopyTo(to);

        protected override ReadOnlyMemory<byte> Slice(long offset, int count)
        {
            if (offset < head.Length) return head.AsMemory((int)offset, count);
            var bytes = new byte[count];
            for (var i = 0; i < count; i++) bytes[i] = BitConverter.GetBytes(1.5f)[(offset - head.Length + i) % sizeof(float)];
            return bytes;
        }

        public override void Dispose()
        {
        }
    }
}
