using System.Text;
using NClip.Cli.Output;
using NClip.Cli.Output.Features;
using Parquet;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>Files of more than 2 GB, without as much memory or disk.</summary>
public sealed class FeatureFormatTests
{
    private const int Rows = (1 << 20) + 1, Dimension = 512;

    [Theory]
    [InlineData(".npy", "(1048577, 512)")]
    [InlineData(".safetensors", "[1048577,512]")]
    public async Task Rows_stream_into_a_file_of_more_than_2_gigabytes(string extension, string shape)
    {
        var row = new FeatureRow(new(null, "x"), new float[Dimension]);
        var to = new Counting();
        var before = GC.GetAllocatedBytesForCurrentThread();
        await FeatureFormat.Of("x" + extension).WriteAsync(new(FeatureKind.Images, Rows, Dimension, Enumerable.Repeat(row, Rows)), to, TestContext.Current.CancellationToken);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        var data = (long)Rows * Dimension * sizeof(float);
        Assert.True(data > int.MaxValue);
        Assert.InRange(to.Length - data, 64, 256);
        Assert.Contains(shape, Encoding.ASCII.GetString(to.Begin));
        if (extension == ".safetensors") Assert.Contains($"\"data_offsets\":[0,{data}]", Encoding.ASCII.GetString(to.Begin));
    }

    [Fact]
    public async Task Parquet_has_row_groups_that_may_lie_behind_2_gigabytes()
    {
        const int Count = 2 * ParquetFormat.GroupRows + 5, D = 3;
        static float Value(int row, int d) => row + d / 8f;
        var rows = Enumerable.Range(0, Count).Select(i => new FeatureRow(new(null, $"{i}.png"), new float[] { Value(i, 0), Value(i, 1), Value(i, 2) }));
        var file = new Behind(3L << 30);
        await FeatureFormat.Of("x.parquet").WriteAsync(new(FeatureKind.Images, Count, D, rows), file, TestContext.Current.CancellationToken);
        await using var reader = await ParquetReader.CreateAsync(file, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, reader.RowGroupCount);
        using var last = reader.OpenRowGroupReader(2);
        var fields = reader.Schema.DataFields;
        var (vectors, present, starts) = (new float[5 * D], new int[5 * D], new int[5 * D]);
        await last.ReadRawAsync<float>(fields[1], vectors.AsMemory(), present.AsMemory(), starts.AsMemory(), TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 5 * D).Select(i => Value(Count - 5 + i / D, i % D)), vectors);
    }

    [Fact]
    public void A_full_disk_is_named_with_the_file_that_was_asked_for()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs Linux's full disk");
        using var full = new DiskStream("x.npy", new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1 << 16));
        full.Write(new byte[100]); // waits in the buffer
        Assert.Equal("x.npy: cannot be written: the disk is full. Make room, or name another folder.", Assert.Throws<ClipException>(full.Flush).Message);
        Assert.Equal("x.npy: cannot be written: the disk is full. Make room, or name another folder.", Assert.Throws<ClipException>(() => full.Write(new byte[1 << 18])).Message);
    }

    /// <summary>Counts what is written and keeps its beginning.</summary>
    private sealed class Counting : MemoryStream
    {
        private long _length;

        public byte[] Begin { get; private set; } = [];
        public override long Length => _length;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (_length == 0) Begin = buffer.ToArray();
            _length += buffer.Length;
        }
    }

    /// <summary>A file whose first gigabytes are not there, but for a copy of its beginning.</summary>
    private sealed class Behind : Stream
    {
        private readonly MemoryStream _inner = new();
        private readonly long _offset;
        private long _position;

        public Behind(long offset) => _offset = _position = offset;

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => true;
        public override long Length => _offset + _inner.Length;
        public override long Position { get => _position; set => _position = value; }

        public override int Read(byte[] buffer, int start, int count)
        {
            _inner.Position = _position >= _offset ? _position - _offset : _position;
            var n = _inner.Read(buffer, start, count);
            _position += n;
            return n;
        }

        public override void Write(byte[] buffer, int start, int count)
        {
            _inner.Position = _position - _offset;
            _inner.Write(buffer, start, count);
            _position += count;
        }

        public override long Seek(long to, SeekOrigin origin) => _position = origin switch { SeekOrigin.Begin => to, SeekOrigin.Current => _position + to, _ => Length + to };
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Flush() { }
    }
}
