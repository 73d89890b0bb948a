using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Graphs;
using NClip.Inference;
using NClip.Towers;
using Xunit;

namespace NClip.Tests.Inference;

public sealed partial class ConvertedWeightsTests : IDisposable
{
    private const string OpenAI = "a_openai_vit";

    private readonly TemporaryFolder _temporary = new();

    private string Cache => _temporary["cache"];

    private string[] Cached => Directory.Exists(Cache) ? Directory.GetFiles(Cache) : [];

    [Theory]
    [InlineData(OpenAI, "model_f16.safetensors", false, Precision.Float32)]
    [InlineData(OpenAI, "model_bf16.safetensors", false, Precision.Float32)]
    [InlineData(OpenAI, "state_dict_mixed_f16.pt", false, Precision.Float32)]
    [InlineData(OpenAI, "state_dict_legacy_mixed_f16.pt", false, Precision.Float32)]
    [InlineData(OpenAI, "torchscript_mixed_f16.pt", false, Precision.Float32)]
    [InlineData(OpenAI, "model_f32.safetensors", false, Precision.Int8)]
    [InlineData(OpenAI, "model_f16.safetensors", false, Precision.Int8)]
    [InlineData("c4_openclip_layer_scale", "open_clip_model.safetensors", true, Precision.Float32)]
    [InlineData("c11_openclip_attentional_pool", "open_clip_model.safetensors", true, Precision.Float32)]
    [InlineData("d1_hf_quickgelu_eos2", "model.safetensors", true, Precision.Float32)]
    [InlineData("d1_hf_quickgelu_eos2", "model.safetensors", false, Precision.Int8)]
    [InlineData("d1_hf_quickgelu_eos2", "sharded", false, Precision.Int8)]
    [InlineData("e1_siglip_gelu", "hf", true, Precision.Float32)]
    [InlineData("e1_siglip_gelu", "open_clip_model.safetensors", true, Precision.Int8)]
    [InlineData("f3_vit_roberta_mean_mlp", "open_clip_model.safetensors", true, Precision.Float32)]
    [InlineData("h_chinese_clip", "model.safetensors", true, Precision.Int8)]
    public void Features_from_the_cached_file_are_those_from_memory_to_the_bit(string folder, string weights, bool halve, Precision precision)
    {
        var source = Source(folder, weights, halve);
        var expected = Features(source, folder, new TowerOptions(precision, CacheFolder: Cache));
        Assert.Empty(Cached); // so small a model is converted in memory
        using var model = ClipModel.Load(source, null, InCache(precision));
        AssertSame(expected, Features(model, folder));
        Assert.Single(Cached);
        Assert.All(model.Weights().Tensors.Values.SelectMany(t => t.Scales is { } s ? [.. t.Parts, s] : t.Parts), p => Assert.Equal(Cached[0], p.File));
        Assert.Equal(Cache, PartGraph.Of(model.Spec.Parts[0], model.Weights()).Files.Select(f => f.Folder).Distinct().Single());
        AssertSame(expected, Features(source, folder, InCache(precision)));
    }

    [Fact]
    public void What_is_float32_already_stays_where_it_is()
    {
        AssertSame(Features(Source(OpenAI, "model_f32.safetensors"), OpenAI, new()), Features(Source(OpenAI, "model_f32.safetensors"), OpenAI, InCache()));
        Assert.Empty(Cached);
    }

    [Fact]
    public void The_second_load_writes_nothing_and_runs_what_the_file_holds()
    {
        var source = Source(OpenAI, "model_f16.safetensors");
        Features(source, OpenAI, InCache());
        var file = Assert.Single(Cached);
        var then = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, then);
        using var model = ClipModel.Load(source, null, InCache());
        Assert.Equal(file, model.Weights(TestContext.Current.CancellationToken).Tensors["visual.proj"].Parts[0].File);
        Assert.Equal(file, Assert.Single(Cached));
        Assert.Equal(then, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public void Other_weights_of_the_same_path_size_and_time_are_converted_anew()
    {
        var source = Source(OpenAI, "model_f16.safetensors");
        var then = File.GetLastWriteTimeUtc(source);
        var one = Features(source, OpenAI, InCache());
        long at;
        using (var file = StateDict.Open(source)) at = file.Tensors["visual.proj"].Offset;
        Change(source, b => { b[at + 1] ^= 0x80; return b; }); // the sign of one number
        File.SetLastWriteTimeUtc(source, then);
        var two = Features(source, OpenAI, InCache());
        Assert.NotEqual(one.Image, two.Image);
        AssertSame(Features(source, OpenAI, new()), two);
        Assert.Single(Cached);
    }

    [Fact]
    public void The_same_weights_with_another_time_are_not_converted_again()
    {
        var source = Source(OpenAI, "model_f16.safetensors");
        Features(source, OpenAI, InCache());
        var file = Assert.Single(Cached);
        var then = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var path in (string[])[file, source]) File.SetLastWriteTimeUtc(path, then);
        Features(source, OpenAI, InCache());
        Assert.Equal(file, Assert.Single(Cached));
        Assert.Equal(then, File.GetLastWriteTimeUtc(file));
    }

    public static TheoryData<string, Action<string>> Damages() => new()
    {
        { "cut", f => Change(f, b => b[..(b.Length / 2)]) },
        { "one byte short", f => Change(f, b => b[..^1]) },
        { "a bit of a weight flipped", f => Change(f, b => { b[b.Length / 2] ^= 0x40; return b; }) },
        { "a bit of the header flipped", f => Change(f, b => { b[b.AsSpan().IndexOf("source"u8)] ^= 1; return b; }) },
        { "a bit of the seal flipped", f => Change(f, b => { b[^1] ^= 1; return b; }) },
        { "empty", f => Change(f, _ => []) },
        { "no header", f => Change(f, b => [.. new byte[16], .. b[16..]]) },
        { "another kind of file", f => File.WriteAllText(f, "<html>") },
        { "a tensor missing", f => Rewrite(f, t => t.Skip(1)) },
        { "a tensor of another name", f => Rewrite(f, t => t.Select(e => e.Name == "visual.proj" ? e with { Name = "visual.prog" } : e)) },
        { "a tensor of another shape", f => Rewrite(f, t => t.Select(e => e.Name == "visual.proj" ? e with { Shape = [e.Shape[1], e.Shape[0]] } : e)) },
        { "a tensor of another type", f => Rewrite(f, t => t.Select(e => e.Name == "visual.proj" ? e with { Type = TensorType.Int32 } : e)) },
    };

    [Theory, MemberData(nameof(Damages), DisableDiscoveryEnumeration = true)]
    public void A_damaged_file_is_made_anew(string what, Action<string> damage)
    {
        var source = Source(OpenAI, "model_f16.safetensors");
        var expected = Features(source, OpenAI, InCache());
        var file = Assert.Single(Cached);
        var whole = File.ReadAllBytes(file);
        damage(file);
        AssertSame(expected, Features(source, OpenAI, InCache()));
        Assert.True(file == Assert.Single(Cached) && whole.AsSpan().SequenceEqual(File.ReadAllBytes(file)), $"{what}: the file is not what it was");
    }

    [Fact]
    public void A_changed_source_is_converted_anew_and_its_old_file_goes()
    {
        var (one, two) = (Source(OpenAI, "model_f16.safetensors"), Source(OpenAI, "model_bf16.safetensors"));
        Features(one, OpenAI, InCache());
        Features(one, OpenAI, InCache(Precision.Int8));
        Features(two, OpenAI, InCache());
        var before = Cached;
        Assert.Equal(3, before.Length);

        File.Copy(two, one, overwrite: true);
        AssertSame(Features(two, OpenAI, new()), Features(one, OpenAI, InCache()));
        Assert.Equal(3, Cached.Length);
        var gone = Assert.Single(before.Except(Cached)); // neither the other precision's nor the other source's
        Assert.Contains("model_f16-f32-", gone, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_file_in_use_stays()
    {
        var source = Source(OpenAI, "model_f16.safetensors");
        var expected = Features(source, OpenAI, new());
        using var old = ClipModel.Load(source, null, InCache());
        old.Weights();
        var file = Assert.Single(Cached);
        File.Move(Source(OpenAI, "model_bf16.safetensors"), source, overwrite: true);
        Features(source, OpenAI, InCache());
        Assert.Equal(2, Cached.Length);
        AssertSame(expected, Features(old, OpenAI)); // its sessions are made only now
    }

    [Fact]
    public void Where_the_folder_cannot_be_written_weights_are_converted_in_memory()
    {
        File.WriteAllText(Cache, "a file where the folder should be");
        var source = Source(OpenAI, "model_f16.safetensors");
        foreach (var precision in Enum.GetValues<Precision>())
            AssertSame(Features(source, OpenAI, new(precision)), Features(source, OpenAI, InCache(precision)));
        Assert.Equal("a file where the folder should be", File.ReadAllText(Cache));
    }

    [Fact]
    public void A_tower_too_large_for_memory_says_which_folder_it_needs()
    {
        File.WriteAllText(Cache, "a file where the folder should be");
        using var model = ClipModel.Load(WithVocabulary(Source(OpenAI, "model_f16.safetensors"), TensorType.Float16, bytes: 1L << 30), null, InCache() with { RowsAbove = long.MaxValue });
        var e = Assert.Throws<ClipException>(() => model.Weights(TestContext.Current.CancellationToken));
        Assert.Equal(_temporary["large.safetensors"], e.File);
        foreach (var said in (string[])[Cache, "2148 MB", "CacheFolder", "NCLIP_CACHE"]) Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_beyond_four_gigabytes_are_written_found_and_run()
    {
        var source = Source(OpenAI, "model_f32.safetensors");
        var large = WithVocabulary(source, TensorType.Float32, bytes: 1L << 32);
        using (var file = StateDict.Open(large))
        {
            Assert.True(file.Tensors["visual.proj"].Offset > uint.MaxValue);
            Assert.Throws<CheckpointException>(() => file.Tensors["token_embedding.weight"].Bytes());
        }
        var options = new TowerOptions(Prepack: false);
        AssertSame(Features(source, OpenAI, options), Features(large, OpenAI, options));
        AssertSame(Features(source, OpenAI, options), Features(large, OpenAI, options with { RowsAbove = long.MaxValue })); // the graph refers to the table
    }

    [Fact]
    public async Task Several_at_once_all_get_the_weights_and_leave_one_file()
    {
        var source = Source(OpenAI, "model_f16.safetensors");
        var expected = Features(source, OpenAI, new());
        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Features(source, OpenAI, InCache()))));
        Assert.All(found, f => AssertSame(expected, f));
        Assert.EndsWith(".safetensors", Assert.Single(Cached), StringComparison.Ordinal);
    }

    [Fact]
    public void Cancellation_leaves_nothing_and_the_next_run_converts()
    {
        using var file = StateDict.Open(Source(OpenAI, "model_f16.safetensors"));
        var tensors = NamingMap.Apply(file);
        var spec = SpecReader.Read(tensors, file.Path, null);
        using var stop = new CancellationTokenSource();
        var halfWay = tensors["visual.proj"];
        var cancelling = halfWay with { Parts = [halfWay.Parts[0] with { ReadPart = (from, length) => { Assert.Single(Cached); stop.Cancel(); return halfWay.Parts[0].Bytes(from, length); } }] };
        var changed = tensors with { Tensors = new Dictionary<string, ModelTensor>(tensors.Tensors) { ["visual.proj"] = cancelling } };
        Assert.Throws<OperationCanceledException>(() => ConvertedWeights.Of(file, changed, spec, InCache(), stop.Token));
        Assert.Empty(Cached);
        using var converted = ConvertedWeights.Of(file, tensors, spec, InCache(), TestContext.Current.CancellationToken);
        Assert.Equal(Cached[0], converted.Tensors["visual.proj"].Parts[0].File);
    }

    [Fact]
    public void What_an_ended_process_left_goes_and_what_another_one_is_writing_stays()
    {
        Directory.CreateDirectory(Cache);
        var (left, writing) = (Path.Combine(Cache, "a.part"), Path.Combine(Cache, "b.part"));
        File.WriteAllText(left, "half");
        using var other = new FileStream(writing, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        foreach (var part in (string[])[left, writing]) File.SetLastWriteTimeUtc(part, DateTime.UtcNow.AddHours(-1));
        Features(Source(OpenAI, "model_f16.safetensors"), OpenAI, InCache());
        Assert.False(File.Exists(left));
        Assert.True(File.Exists(writing));
    }

    [Theory, InlineData(TensorType.Int8, 0), InlineData(TensorType.UInt8, 128)]
    public void Int8_values_are_the_rounded_quotients_of_weights_and_scales(TensorType form, int zero)
    {
        using var file = StateDict.Open(Source("f3_vit_roberta_mean_mlp", "open_clip_model.safetensors"));
        var tensors = NamingMap.Apply(file);
        var quantised = Int8Weights.Quantise(tensors, SpecReader.Read(tensors, file.Path, null), form).Tensors.Values.Where(t => t is { Scales: not null, IsTable: false }).ToList();
        Assert.NotEmpty(quantised);
        foreach (var t in quantised)
        {
            var (rows, columns) = ((int)t.Shape[0], (int)t.Shape[1]);
            var (x, scales, values) = (tensors[t.Name].ToFloat32(), t.Scales!.ToFloat32(), t.Parts[0].ToFloat32());
            Assert.Equal([columns, rows], t.Parts[0].Shape);
            for (var r = 0; r < rows; r++)
            {
                Assert.Equal(x.Skip(r * columns).Take(columns).Max(Math.Abs) / 127, scales[r]);
                for (var c = 0; c < columns; c++) Assert.Equal(MathF.Round(x[(r * columns) + c] / scales[r]) + zero, values[(c * rows) + r]);
            }
        }
    }

    [Fact]
    public void A_token_tables_rows_are_rounded_each_by_its_own_scale()
    {
        using var file = StateDict.Open(Source(OpenAI, "model_f16.safetensors"));
        var table = NamingMap.Apply(file).Tensors["token_embedding.weight"];
        var quantised = Int8Weights.Table(table);
        var (width, x, scales, values, rows) = ((int)table.Shape[1], table.ToFloat32(), quantised.Scales!.ToFloat32(), quantised.Parts[0].ToFloat32(), quantised.ToFloat32());
        Assert.Equal(table.Shape, quantised.Parts[0].Shape);
        for (var r = 0; r < scales.Length; r++)
        {
            var row = x.AsSpan(r * width, width).ToArray();
            Assert.Equal(row.Max(Math.Abs) / 127, scales[r]);
            for (var c = 0; c < width; c++) Assert.Equal((MathF.Round(row[c] / scales[r]), values[(r * width) + c] * scales[r]), (values[(r * width) + c], rows[(r * width) + c]));
            Int8Weights.Round(row);
            Assert.Equal(rows.AsSpan(r * width, width).ToArray(), row);
        }
    }

    public void Dispose() => _temporary.Dispose();

    private TowerOptions InCache(Precision precision = Precision.Float32) => new(precision, CacheFolder: Cache) { ConvertInMemory = 0 };

    private static (float[] Image, float[] Text) Features(string source, string folder, TowerOptions options)
    {
        using var model = ClipModel.Load(source, null, options);
        return Features(model, folder);
    }

    private static (float[] Image, float[] Text) Features(ClipModel model, string folder)
    {
        using var inputs = StateDict.Open(Reference.Path($"model_tiny/{folder}/inputs.safetensors"));
        var (images, tokens) = (inputs.Tensors["images"], inputs.Tensors["tokens"]);
        return (model.EncodeImages(images.ToFloat32(), (int)images.Shape[0]), model.EncodeTexts(Array.ConvertAll(tokens.ToFloat32(), v => (long)v), (int)tokens.Shape[0]));
    }

    private static void AssertSame((float[] Image, float[] Text) expected, (float[] Image, float[] Text) actual)
    {
        Assert.Equal(Array.ConvertAll(expected.Image, BitConverter.SingleToInt32Bits), Array.ConvertAll(actual.Image, BitConverter.SingleToInt32Bits));
        Assert.Equal(Array.ConvertAll(expected.Text, BitConverter.SingleToInt32Bits), Array.ConvertAll(actual.Text, BitConverter.SingleToInt32Bits));
    }
}
