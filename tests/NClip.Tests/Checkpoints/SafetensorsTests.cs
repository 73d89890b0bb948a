using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nclip-safetensors-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_written_file_reads_back_equal_in_every_type()
    {
        var path = Path.Combine(_folder, "all.safetensors");
        var tensors = Enum.GetValues<TensorType>().Select(t => (Name: $"tensor.{t}", Type: t, Shape: (long[])[2, 3], Data: (ReadOnlyMemory<byte>)Enumerable.Range(1, 6 * t.Size()).Select(i => (byte)i).ToArray())).ToList();
        tensors.Add(("scalar 标", TensorType.Float32, [], MemoryMarshal.AsBytes<float>([1.5f]).ToArray()));
        tensors.Add(("empty", TensorType.Float32, [0, 4], ReadOnlyMemory<byte>.Empty));

        Safetensors.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["ü\""] = "苹果" });

        using var read = StateDict.Open(path);
        Assert.Equal(tensors.Select(t => t.Name).Order(), read.Tensors.Keys.Order());
        Assert.Equal("苹果", read.Metadata["ü\""]);
        foreach (var t in tensors)
        {
            var r = read.Tensors[t.Name];
            Assert.Equal(t.Type, r.Type);
            Assert.Equal(t.Shape, r.Shape);
            Assert.True(r.Bytes().Span.SequenceEqual(t.Data.Span), t.Name);
            Assert.Equal(0, r.Offset % Math.Min(4, t.Type.Size()));
        }
        Assert.Equal([1.5f], read.Tensors["scalar 标"].ToFloat32());
        Assert.Equal(["all.safetensors"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void The_mapped_bytes_are_those_at_the_offset_of_the_file()
    {
        var path = Path.Combine(_folder, "two.safetensors");
        Safetensors.Write(path, [("a", TensorType.UInt8, [3], new byte[] { 1, 2, 3 }), ("b", TensorType.UInt8, [2], new byte[] { 4, 5 })]);
        using var read = StateDict.Open(path);
        var all = File.ReadAllBytes(path);
        foreach (var t in read.Tensors.Values)
        {
            Assert.Equal(path, t.File);
            Assert.Equal(all[(int)t.Offset..(int)(t.Offset + t.ByteLength)], t.Bytes().ToArray());
        }
    }

    [Fact]
    public void After_disposal_the_bytes_are_refused_and_not_read_from_unmapped_memory()
    {
        var path = Path.Combine(_folder, "gone.safetensors");
        Safetensors.Write(path, [("a", TensorType.UInt8, [3], new byte[] { 1, 2, 3 })]);
        var read = StateDict.Open(path);
        var kept = read.Tensors["a"].Bytes();
        read.Dispose();
        Assert.Throws<ObjectDisposedException>(() => kept.Span[0]);
    }

    [Theory]
    [InlineData("Float16", new byte[] { 0x00, 0x3C, 0x00, 0xC0 }, new[] { 1f, -2f })]
    [InlineData("BFloat16", new byte[] { 0x80, 0x3F, 0x00, 0xC0 }, new[] { 1f, -2f })]
    [InlineData("Int8", new byte[] { 0xFF, 0x7F }, new[] { -1f, 127f })]
    [InlineData("Int16", new byte[] { 0xFF, 0xFF, 0x00, 0x01 }, new[] { -1f, 256f })]
    [InlineData("Int32", new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }, new[] { -2f })]
    [InlineData("Int64", new byte[] { 7, 0, 0, 0, 0, 0, 0, 0 }, new[] { 7f })]
    [InlineData("Float64", new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0x3F }, new[] { 1f })]
    [InlineData("Bool", new byte[] { 0, 1, 2 }, new[] { 0f, 1f, 1f })]
    [InlineData("UInt8", new byte[] { 0, 255 }, new[] { 0f, 255f })]
    public void Every_type_converts_to_float32(string type, byte[] bytes, float[] expected)
    {
        var t = Enum.Parse<TensorType>(type);
        var entry = new TensorEntry("x", t, [expected.Length]) { ByteLength = bytes.Length, Read = () => bytes };
        Assert.Equal(expected, entry.ToFloat32());
    }

    [Fact]
    public void All_65536_bfloat16_values_widen_to_the_upper_half_of_a_float32()
    {
        var values = Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();
        var entry = new TensorEntry("x", TensorType.BFloat16, [65536]) { ByteLength = 131072, Read = () => MemoryMarshal.AsBytes<ushort>(values).ToArray() };
        Assert.Equal(values.Select(v => (uint)v << 16), entry.ToFloat32().Select(BitConverter.SingleToUInt32Bits));
    }

    public static readonly TheoryData<string, string, string> Lies = new()
    {
        // header, data length in bytes is 8; what the message must name
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "'a'", "needs 12 bytes" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""", "'a'", "twice" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'a'", "'dtype' twice" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'b'", "overlaps tensor 'a'" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}}""", "'b'", "belong to no tensor" },
        { """{"a":{"dtype":"U8","shape":[7],"data_offsets":[1,8]}}""", "'a'", "belong to no tensor" },
        { """{"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}}""", "'a'", "bytes 7 to 8" },
        { """{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}""", "'a'", "cut" },
        { """{"a":{"dtype":"U8","shape":[12],"data_offsets":[-4,8]}}""", "'a'", "from 0 up" },
        { """{"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}}""", "'a'", "from 0 up" },
        { """{"a":{"dtype":"U8","shape":[0],"data_offsets":[8,0]}}""", "'a'", "before the beginning" },
        { """{"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}}""", "'a'", "63 bits" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,8]}}""", "'a'", "63 bits" },
        { """{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", "'a'", "whole number" },
        { """{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "'a'", "whole number" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", "'a'", "more than 2" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}""", "'a'", "data_offsets" },
        { """{"a":{"dtype":"F32","shape":[2]}}""", "'a'", "data_offsets" },
        { """{"a":{"shape":[2],"data_offsets":[0,8]}}""", "'a'", "dtype" },
        { """{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}""", "'a'", "no such kind" },
        { """{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "'a'", "does not read" },
        { """{"a":{"dtype":4,"shape":[2],"data_offsets":[0,8]}}""", "'a'", "dtype" },
        { """{"a":7}""", "'a'", "object" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x""", "byte", "JSON" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "byte", "JSON" },
        { """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "byte", "JSON" },
        { """{"__metadata__":{"a":1}}""", "'a'", "text" },
        { """{"__metadata__":{"a":"1","a":"2"}}""", "'a'", "twice" },
        { """{"__metadata__":[]}""", "__metadata__", "object" },
        { "[]", "byte 8", "'{'" },
        { "", "byte 8", "'{'" },
    };

    [Theory, MemberData(nameof(Lies))]
    public void A_header_that_lies_is_refused_by_name(string header, string named, string said)
    {
        var e = Assert.Throws<CheckpointException>(() => SafetensorsReader.Read(ByteSource.Of(FileOf(header, 8), "lie.safetensors")));
        Assert.Equal("lie.safetensors", e.File);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1L, "header length")]
    [InlineData(1L << 62, "header length")]
    [InlineData(100_000_001L, "at most 100000000")]
    [InlineData(5_000L, "cut")]
    public void A_header_length_beyond_the_limit_or_the_file_is_refused(long length, string said)
    {
        var file = FileOf("{}", 0);
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        Assert.Contains(said, Assert.Throws<CheckpointException>(() => SafetensorsReader.Read(ByteSource.Of(file, "x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        var whole = FileOf("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[],"data_offsets":[2,6]}}""", 6);
        Assert.Equal(2, SafetensorsReader.Read(ByteSource.Of(whole, "x")).Tensors.Count);
        for (var n = 0; n < whole.Length; n++)
            Assert.Throws<CheckpointException>(() => SafetensorsReader.Read(ByteSource.Of(whole.AsMemory(0, n), "x")));
    }

    [Fact]
    public void The_writer_refuses_what_no_reader_could_read()
    {
        var path = Path.Combine(_folder, "no.safetensors");
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [("a", TensorType.Float32, [2], new byte[7])]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [("a", TensorType.UInt8, [1], new byte[1]), ("a", TensorType.UInt8, [1], new byte[1])]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [("__metadata__", TensorType.UInt8, [1], new byte[1])]));
        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Throws<CheckpointException>(() => Safetensors.Write(Path.Combine(_folder, "none", "x"), []));
    }

    [Fact]
    public void A_tensor_that_writes_itself_wrongly_or_not_at_all_leaves_the_old_file()
    {
        var path = Path.Combine(_folder, "kept.safetensors");
        Safetensors.Write(path, [("a", TensorType.UInt8, [3], new byte[] { 1, 2, 3 })]);
        var before = File.ReadAllBytes(path);
        Assert.Throws<ArgumentException>(() => Safetensors.WriteEach(path, [("a", TensorType.Float32, [2], to => to.Write(new byte[7]))]));
        Assert.Throws<OperationCanceledException>(() => Safetensors.WriteEach(path, [("a", TensorType.Float32, [2], to => { to.Write(new byte[4]); throw new OperationCanceledException(); })]));
        Assert.Contains("cannot be written", Assert.Throws<CheckpointException>(() => Safetensors.WriteEach(path, [("a", TensorType.Float32, [2], _ => throw new IOException("No space left on device"))])).Message, StringComparison.Ordinal);
        Assert.Equal(path, Assert.Single(Directory.GetFiles(_folder)));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    private static byte[] FileOf(string header, int dataLength)
    {
        var h = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + h.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, h.Length);
        h.CopyTo(file, 8);
        return file;
    }
}
