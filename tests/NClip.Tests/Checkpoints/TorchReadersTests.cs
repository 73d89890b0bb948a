using System.IO.Compression;
using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Checkpoints;

public class TorchReadersTests
{
    private static readonly byte[] _six = TorchFiles.Floats(0, 1, 2, 3, 4, 5);
    private static readonly Dictionary<string, byte[]> _storage = new() { ["0"] = _six };

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Strided_views_of_one_storage_are_gathered(CompressionLevel level)
    {
        var pickle = new PickleBuilder().Op('}').Op('(')
            .Text("whole").Tensor("0", 6, 0, [2, 3], [3, 1])
            .Text("transposed").Tensor("0", 6, 0, [3, 2], [1, 3])
            .Text("column").Tensor("0", 6, 1, [2], [3])
            .Text("tail").Tensor("0", 6, 4, [1, 2], [7, 1])
            .Text("scalar").Tensor("0", 6, 5, [], [])
            .Text("expanded").Tensor("0", 6, 2, [4], [0])
            .Text("empty").Tensor("0", 6, 6, [0, 5], [5, 1])
            .Op('u').Done();
        using var s = Read(TorchFiles.Zip(pickle, _storage, level));
        Assert.Equal([0f, 1, 2, 3, 4, 5], s.Tensors["whole"].ToFloat32());
        Assert.Equal([0f, 3, 1, 4, 2, 5], s.Tensors["transposed"].ToFloat32());
        Assert.Equal([1f, 4], s.Tensors["column"].ToFloat32());
        Assert.Equal([4f, 5], s.Tensors["tail"].ToFloat32());
        Assert.Equal([5f], s.Tensors["scalar"].ToFloat32());
        Assert.Equal([2f, 2, 2, 2], s.Tensors["expanded"].ToFloat32());
        Assert.Empty(s.Tensors["empty"].ToFloat32());
    }

    [Fact]
    public void A_view_with_strides_of_zero_may_not_outgrow_the_file()
    {
        var pickle = new PickleBuilder().Op('}').Text("bomb").Tensor("0", 6, 0, [1 << 30], [0]).Op('s').Done();
        Assert.Contains("'bomb'", Refused(TorchFiles.Zip(pickle, _storage)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, 0, new long[] { 7 }, new long[] { 1 }, "leaves the storage")]
    [InlineData(6, 1, new long[] { 6 }, new long[] { 1 }, "leaves the storage")]
    [InlineData(6, 0, new long[] { 2, 3 }, new long[] { 4, 1 }, "leaves the storage")]
    [InlineData(6, 0, new[] { 1L << 32, 1L << 32 }, new long[] { 1, 1 }, "impossible shape")]
    [InlineData(6, 0, new[] { 3L }, new[] { long.MaxValue / 2 + 1 }, "leaves the storage")]
    [InlineData(6, 0, new long[] { -2 }, new long[] { 1 }, "impossible shape")]
    [InlineData(6, -1, new long[] { 2 }, new long[] { 1 }, "negative")]
    [InlineData(6, 3, new long[] { 2 }, new long[] { -1 }, "negative")]
    [InlineData(6, 7, new long[] { 0 }, new long[] { 1 }, "leaves the storage")]
    [InlineData(6, 0, new long[] { 2, 2 }, new long[] { 1 }, "as many strides")]
    [InlineData(7, 0, new long[] { 2 }, new long[] { 1 }, "should have 7 elements")]
    [InlineData(-1, 0, new long[] { 2 }, new long[] { 1 }, "-1 elements")]
    [InlineData(long.MaxValue, 0, new long[] { 2 }, new long[] { 1 }, "elements")]
    public void A_tensor_that_leaves_its_storage_is_refused_with_the_byte(long count, long offset, long[] shape, long[] strides, string said)
    {
        var pickle = new PickleBuilder().Op('}').Text("w").Tensor("0", count, offset, shape, strides).Op('s').Done();
        var message = Refused(TorchFiles.Zip(pickle, _storage));
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.Matches(@"\(byte \d+\)", message);
    }

    [Fact]
    public void Parameters_typed_rebuilds_and_nested_training_dicts_read_as_their_tensors()
    {
        var pickle = new PickleBuilder().Op('}').Op('(')
            .Text("epoch").Int(3)
            .Text("model").Op('}').Op('(')
                .Text("module.a").Global("torch._utils", "_rebuild_parameter").Op('(').Tensor("0", 6, 0, [2], [1]).Op(0x88).Op('N').Op('t').Op('R')
                .Text("module.b").Global("torch._tensor", "_rebuild_from_type_v2").Op('(').Global("torch._utils", "_rebuild_tensor_v2").Global("torch.nn.parameter", "Parameter")
                    .Op('(').Storage("0", 6).Int(2).Tuple(1).Tuple(1).Op(0x88).Op('N').Op('t').Op('}').Op('t').Op('R')
                .Text("module.c").Global("torch._utils", "_rebuild_tensor_v3").Op('(').Op('(').Text("storage").Global("torch.storage", "UntypedStorage").Text("0").Text("cpu").Int(24).Op('t').Op('Q')
                    .Int(3).Tuple(2).Tuple(1).Op(0x89).Op('N').Global("torch", "float32").Op('t').Op('R')
                .Op('u')
            .Op('u').Done();
        using var s = Read(TorchFiles.Zip(pickle, _storage));
        Assert.Equal(["a", "b", "c"], s.Tensors.Keys);
        Assert.Equal([0f, 1], s.Tensors["a"].ToFloat32());
        Assert.Equal([2f], s.Tensors["b"].ToFloat32());
        Assert.Equal([3f, 4], s.Tensors["c"].ToFloat32());
    }

    [Fact]
    public void Protocol_4_with_frames_and_memo_reads_as_protocol_2_does()
    {
        // 0x8c short text, 0x94 memoize, 0x93 stack global, 0x95 frame
        byte[] Short(string s) => [0x8c, (byte)s.Length, .. System.Text.Encoding.UTF8.GetBytes(s), 0x94];
        var body = new PickleBuilder(4).Op(0x95, 200, 0, 0, 0, 0, 0, 0, 0).Op('}').Op(0x94)
            .Op(Short("w")).Op(Short("torch._utils")).Op(Short("_rebuild_tensor_v2")).Op(0x93, 0x94)
            .Op('(').Op('(').Op(Short("storage")).Op(Short("torch")).Op(Short("FloatStorage")).Op(0x93, 0x94).Op(Short("0")).Op(Short("cpu")).Int(6).Op('t').Op(0x94).Op('Q')
            .Int(0).Int(6).Op(0x85, 0x94).Int(1).Op(0x85, 0x94).Op(0x89).Op('N').Op('t').Op('R').Op('s').Done();
        body[3] = (byte)(body.Length - 11);
        using var s = Read(TorchFiles.Zip(body, _storage));
        Assert.Equal([0f, 1, 2, 3, 4, 5], s.Tensors["w"].ToFloat32());
    }

    [Fact]
    public void Names_of_a_TorchScript_tree_are_joined_with_dots()
    {
        using var s = Read(TorchFiles.Zip(ScriptModule(), _storage));
        Assert.Equal(["visual.proj", "scale"], s.Tensors.Keys);
        Assert.Equal([2f, 3], s.Tensors["visual.proj"].ToFloat32());
    }

    [Fact]
    public void A_TorchScript_module_inside_itself_is_refused()
    {
        var pickle = new PickleBuilder().Global("__torch__.m", "M").Op(')').Op(0x81).Op((byte)'q', 0).Op('}').Text("self").Op((byte)'h', 0).Op('s').Op('b').Done();
        Assert.Contains("levels", Refused(TorchFiles.Zip(pickle, _storage)), StringComparison.Ordinal);
    }

    [Fact]
    public void Legacy_views_and_shared_storages_read_and_what_is_cut_is_refused()
    {
        var pickle = new PickleBuilder().Op('}').Op('(')
            .Text("whole").Tensor("7", 6, 0, [3, 2], [2, 1], legacy: true)
            .Text("view").Global("torch._utils", "_rebuild_tensor_v2").Op('(')
                .Op('(').Text("storage").Global("torch", "FloatStorage").Text("7").Text("cpu").Int(6).Op('(').Text("v").Int(2).Int(3).Op('t').Op('t').Op('Q')
                .Int(1).Tuple(2).Tuple(1).Op(0x89).Op('N').Op('t').Op('R')
            .Op('u').Done();
        var file = TorchFiles.Legacy(pickle, ("7", _six));
        using (var s = Read(file))
        {
            Assert.Equal([0f, 1, 2, 3, 4, 5], s.Tensors["whole"].ToFloat32());
            Assert.Equal([3f, 4], s.Tensors["view"].ToFloat32());
        }
        for (var n = 0; n < file.Length; n++) Assert.Throws<CheckpointException>(() => Read(file[..n]));
        Assert.Contains("follow the last storage", Refused([.. file, 0]), StringComparison.Ordinal);
        Assert.Contains("'7'", Refused(TorchFiles.Legacy(pickle)), StringComparison.Ordinal);
        Assert.Contains("used by no tensor", Refused(TorchFiles.Legacy(pickle, ("8", _six))), StringComparison.Ordinal);
        Assert.Contains("has 5 elements", Refused(TorchFiles.Legacy(pickle, ("7", _six[..20]))), StringComparison.Ordinal);
    }

    [Fact]
    public void Zip64_archives_read()
    {
        var pickle = new PickleBuilder().Op('}').Text("w").Tensor("0", 6, 0, [6], [1]).Op('s').Done();
        using var s = Read(TorchFiles.Zip64(("m/data.pkl", pickle), ("m/data/0", _six)));
        Assert.Equal([0f, 1, 2, 3, 4, 5], s.Tensors["w"].ToFloat32());
    }

    [Fact]
    public void A_zip_cut_at_any_byte_is_refused()
    {
        var file = TorchFiles.Zip(ScriptModule(), _storage);
        for (var n = 0; n < file.Length; n++) Assert.Throws<CheckpointException>(() => Read(file[..n]));
    }

    [Fact]
    public void Zip_bombs_and_overlapping_entries_are_refused()
    {
        var pickle = new PickleBuilder().Op('}').Text("w").Tensor("0", 10 << 20, 0, [10 << 20], [1]).Op('s').Done();
        var bomb = TorchFiles.Zip(pickle, new Dictionary<string, byte[]> { ["0"] = new byte[40 << 20] }, CompressionLevel.SmallestSize);
        Assert.True(bomb.Length < 100_000);
        Assert.Contains("zip bomb", Refused(bomb), StringComparison.Ordinal);

        // A whole entry hidden inside another one's data, and the directory pointing there.
        var inner = TorchFiles.Zip64(("m/data/1", _six))[..(30 + 8 + 20 + _six.Length)];
        var zip = TorchFiles.Zip64(("m/data.pkl", [1]), ("m/data/0", inner), ("m/data/1", _six));
        var hidden = zip.AsSpan().IndexOf("m/data/1"u8) - 30;
        BitConverter.GetBytes((long)hidden).CopyTo(zip, zip.AsSpan().LastIndexOf("m/data/1"u8) + 8 + 20);
        Assert.Contains("overlaps 'm/data/0'", Refused(zip), StringComparison.Ordinal);

        // Stored, but with two different lengths: the unpacked one is the first of the directory's zip64 field.
        var longer = TorchFiles.Zip64(("m/data.pkl", [1]), ("m/data/0", _six));
        longer[longer.AsSpan().LastIndexOf("m/data/0"u8) + 8 + 4]++;
        Assert.Contains("its two lengths are 24 and 25", Refused(longer), StringComparison.Ordinal);

        var twice = TorchFiles.Zip64(("m/data.pkl", [1]), ("m/data/0", _six), ("m/data/0", _six));
        Assert.Contains("'m/data/0' twice", Refused(twice), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch.nn.modules.linear", "Linear")]
    [InlineData("torch._utils", "_rebuild_qtensor")]
    [InlineData("torch", "QInt8Storage")]
    [InlineData("__torch__evil", "x")]
    [InlineData("collections", "OrderedDict.__init__")]
    public void Every_other_global_is_refused_by_name_and_byte(string module, string name)
    {
        var pickle = new PickleBuilder().Op('}').Text("w").Global(module, name).Op(')').Op('R').Op('s').Done();
        foreach (var file in new[] { TorchFiles.Zip(pickle, _storage), pickle, TorchFiles.Legacy(pickle), TorchFiles.Zip(pickle, _storage, CompressionLevel.SmallestSize) })
        {
            var message = Refused(file);
            Assert.Contains($"'{module}.{name}'", message, StringComparison.Ordinal);
            Assert.Matches(@"byte \d+", message);
        }
    }

    [Fact]
    public void A_pickle_that_calls_a_command_is_refused_and_nothing_runs()
    {
        var folder = Directory.CreateTempSubdirectory("nclip-evil-").FullName;
        try
        {
            var flag = Path.Combine(folder, "executed");
            var command = OperatingSystem.IsWindows() ? $"type nul > \"{flag}\"" : $"touch '{flag}'";
            var call = new PickleBuilder().Global(OperatingSystem.IsWindows() ? "nt" : "posix", "system").Op('(').Text(command).Op('t').Op('R').Done();
            foreach (var (file, bytes) in new[] { ("evil.pt", call), ("evil.bin", TorchFiles.Zip(call, _storage)), ("legacy.pth", TorchFiles.Legacy(call)), ("model.safetensors", call) })
            {
                var path = Path.Combine(folder, file);
                File.WriteAllBytes(path, bytes);
                var e = Assert.Throws<CheckpointException>(() => StateDict.Open(path));
                Assert.Equal(path, e.File);
                Assert.Contains("system'", e.Message, StringComparison.Ordinal);
            }
            Assert.False(File.Exists(flag));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Calls_and_objects_beyond_the_table_are_refused()
    {
        foreach (var pickle in new[]
        {
            new PickleBuilder().Global("torch", "FloatStorage").Op(')').Op('R').Done(),                                   // a storage class called
            new PickleBuilder().Global("collections", "OrderedDict").Int(1).Op('R').Done(),                               // arguments no tuple
            new PickleBuilder().Global("collections", "OrderedDict").Op(')').Op(0x81).Done(),                             // NEWOBJ of a non-script class
            new PickleBuilder().Text("f").Op(')').Op('R').Done(),                                                         // a text called
            new PickleBuilder().Global("torch", "Tensor").Op('}').Op('b').Done(),                                         // BUILD on a class
            new PickleBuilder().Op('(').Text("x").Op('o').Done(),                                                         // OBJ
            new PickleBuilder().Op('P').Op("1\n"u8.ToArray()).Done(),                                                     // text persistent id
            new PickleBuilder().Int(1).Op('Q').Done(),                                                                    // persistent id no tuple
            new PickleBuilder().Op((byte)'h', 5).Done(),                                                                  // memo never written
            new PickleBuilder().Op('0').Done(),                                                                           // empty stack
            new PickleBuilder().Op('}').Op('(').Int(1).Op('u').Done(),                                                    // a key without a value
            new PickleBuilder(7).Op('N').Done(),                                                                          // protocol of the future
            new PickleBuilder().Op('X').Op(BitConverter.GetBytes(int.MaxValue)).Done(),                                   // longer than the file
        })
        {
            Assert.Matches(@"byte \d+", Refused(TorchFiles.Zip(pickle, _storage)));
        }
    }

    [Fact]
    public void A_file_without_named_tensors_says_what_it_holds()
    {
        Assert.Contains("'epoch'", Refused(TorchFiles.Zip(new PickleBuilder().Op('}').Text("epoch").Int(1).Op('s').Done(), _storage)), StringComparison.Ordinal);
        Assert.Contains("one tensor", Refused(TorchFiles.Zip(new PickleBuilder().Tensor("0", 6, 0, [6], [1]).Done(), _storage)), StringComparison.Ordinal);
        Assert.Contains("twice", Refused(TorchFiles.Zip(new PickleBuilder().Op('}').Op('(').Text("w").Tensor("0", 6, 0, [6], [1]).Text("w").Tensor("0", 6, 0, [6], [1]).Op('u').Done(), _storage)), StringComparison.Ordinal);
        Assert.Contains("byte order", Refused(TorchFiles.Zip(ScriptModule(), _storage, CompressionLevel.NoCompression, ("archive/byteorder", "big"u8.ToArray()))), StringComparison.Ordinal);
    }

    internal static byte[] ScriptModule() => new PickleBuilder()
        .Global("__torch__.clip", "CLIP").Op(')').Op(0x81).Op('}').Op('(')
        .Text("training").Op(0x89)
        .Text("visual").Global("__torch__.clip", "Visual").Op(')').Op(0x81).Op('}').Op('(').Text("proj").Tensor("0", 6, 2, [2], [1]).Op('u').Op('b')
        .Text("scale").Tensor("0", 6, 5, [], [])
        .Op('u').Op('b').Done();

    private static StateDict Read(byte[] file) => CheckpointFormat.Read(ByteSource.Of(file, "weights.pt"));

    private static string Refused(byte[] file) => Assert.Throws<CheckpointException>(() => Read(file)).Message;
}
