using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Export;
using NClip.Inference;
using NClip.Proof;
using NClip.Tests.Inference;
using Xunit;

namespace NClip.Tests.Export;

public sealed class NClipExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Exported => _folder["exported"];

    /// <summary>Names of every house: fused and split query, key and value, matrices either way round, 16-bit weights, tables of words.</summary>
    public static TheoryData<string, string> Models() => new()
    {
        { "a_openai_vit", "model_f32.safetensors" },
        { "a_openai_vit", "model_f16.safetensors" },
        { "a_openai_vit", "state_dict.pt" },
        { "d1_hf_quickgelu_eos2", "model.safetensors" },
        { "e1_siglip_gelu", "open_clip_model.safetensors" },
        { "e1_siglip_gelu", "hf/model.safetensors" },
        { "f3_vit_roberta_mean_mlp", "open_clip_model.safetensors" },
        { "h_chinese_clip", "original_names.pt" },
    };

    [Theory, MemberData(nameof(Models))]
    public void An_int8_folder_runs_as_the_original_does_with_int8_to_the_bit(string folder, string file)
    {
        var source = Source(folder, file);
        foreach (var prepack in (bool[])[true, false])
        {
            var expected = Features(source, folder, new(Precision.Int8, Prepack: prepack));
            if (prepack) Export(source, StoredPrecision.Int8);
            AssertSame(expected, Features(Exported, folder, new(Prepack: prepack)));
            AssertSame(expected, Features(Exported, folder, new(Precision.Int8, Prepack: prepack)));
        }
    }

    [Theory]
    [InlineData(TensorType.Int8)]
    [InlineData(TensorType.UInt8)]
    public void An_int8_folder_of_either_form_runs_on_every_processor_with_the_same_answers(TensorType stored)
    {
        var source = Source("a_openai_vit", "model_f32.safetensors");
        using (var original = ClipModel.Load(source, null, new TowerOptions()))
            NClipExport.Write(original, source, Exported, StoredPrecision.Int8, TowerChoice.Both, stored, TestContext.Current.CancellationToken);
        using var model = ClipModel.Load(Exported, null, new TowerOptions());
        var linear = model.Tensors.Tensors.Values.Where(t => t is { Scales: not null, IsTable: false }).ToList();
        Assert.Equal(12, linear.Count);
        Assert.Equal("token_embedding.weight", Assert.Single(model.Tensors.Tensors.Values, t => t.IsTable).Name);
        Assert.All(linear, t => Assert.Equal(stored, t.Parts[0].Type));

        var part = model.Spec.Parts[0];
        float[] Run(TensorType form) => RunOn(ConvertedWeights.ForThisProcessor(model.Tensors, form));
        float[] RunOn(NClip.Towers.ModelTensors tensors)
        {
            using var session = new PartSession(part, _ => Graphs.PartGraph.Of(part, tensors), new TowerOptions(Threads: 1));
            var features = new float[3 * model.Spec.EmbedDim];
            using var pixels = PartSession.Value<float>(Inputs("a_openai_vit").Images, 3, 3, 32, 32);
            session.Run([pixels], features, 3, TestContext.Current.CancellationToken);
            return features;
        }
        Assert.Equal(Run(IntegerProducts.Weights), Run(TensorType.UInt8));
        AssertSame(Features(source, "a_openai_vit", new(Precision.Int8)), Features(Exported, "a_openai_vit", new()));

        // Turned either way round the graph multiplies the same integers: the other form's, which this processor need not sum exactly.
        using var whole = ClipModel.Load(source, null, new TowerOptions());
        foreach (var form in (TensorType[])[TensorType.Int8, TensorType.UInt8])
            Assert.Equal(RunOn(Int8Weights.Quantise(whole.Tensors, whole.Spec, form)), Run(form));
    }

    [Fact]
    public void An_int8_folder_is_written_as_this_processor_maps_it()
    {
        Export(Source("a_openai_vit", "model_f32.safetensors"), StoredPrecision.Int8);
        using var model = ClipModel.Load(Exported, null, new TowerOptions());
        Assert.All(model.Weights(TestContext.Current.CancellationToken).Tensors.Values, t => Assert.False(t.Turned));
    }

    [Fact]
    public void The_token_table_of_an_int8_folder_gives_the_rows_that_the_original_has_with_int8()
    {
        var source = Source("a_openai_vit", "model_f16.safetensors");
        Export(source, StoredPrecision.Int8);
        using (var file = StateDict.Open(Exported)) Assert.Equal(TensorType.Int8, file.Tensors["nclip.table.token_embedding.weight"].Type);
        var expected = Features(source, "a_openai_vit", new(Precision.Int8));
        AssertSame(expected, Features(Exported, "a_openai_vit", new() { RowsAbove = 0 })); // rows are read from the file
        AssertSame(expected, Features(source, "a_openai_vit", new(Precision.Int8) { RowsAbove = 0 }));
    }

    [Fact]
    public void What_is_float32_or_8_bit_in_an_int8_folder_is_mapped_from_its_file()
    {
        Export(Source("d1_hf_quickgelu_eos2", "model.safetensors"), StoredPrecision.Int8);
        using var model = ClipModel.Load(Exported, null, new TowerOptions(CacheFolder: _folder["cache"]) { ConvertInMemory = 0 });
        var (d, inside) = (model.Spec.EmbedDim, 0L);
        foreach (var part in model.Spec.Parts)
        {
            var graph = Graphs.PartGraph.Of(part, model.Weights(TestContext.Current.CancellationToken));
            Assert.Equal("model.safetensors", Assert.Single(graph.Files).Name);
            inside += graph.Model.Length;
        }
        Assert.True(inside < 60_000, $"{inside} bytes of graphs");
        Assert.False(Directory.Exists(_folder["cache"]));
    }

    [Fact]
    public void The_integers_of_an_int8_folder_times_their_scales_are_near_the_original_weights()
    {
        var source = Source("e1_siglip_gelu", "hf/model.safetensors");
        Export(source, StoredPrecision.Int8);
        using var original = ClipModel.Load(source, null, new TowerOptions());
        using var model = ClipModel.Load(Exported, null, new TowerOptions());
        foreach (var t in model.Tensors.Tensors.Values)
        {
            var (was, now) = (original.Tensors[t.Name].ToFloat32(), t.ToFloat32());
            var step = t.Scales?.ToFloat32().Max() ?? 0;
            for (var i = 0; i < was.Length; i++) Assert.True(Math.Abs(was[i] - now[i]) <= 0.5001f * step, t.Name);
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void A_float16_folder_has_the_features_of_the_rounded_weights(string folder, string file)
    {
        var source = Source(folder, file);
        Export(source, StoredPrecision.Float16);
        using (var model = ClipModel.Load(Exported, null, new TowerOptions()))
            Assert.DoesNotContain(model.Tensors.Tensors.Values, t => t.Type == TensorType.Float32 && t.Parts[0].Shape.Length > 1);

        // The same numbers, rounded here, in a float32 file of the original's names and with its configuration.
        using var original = ClipModel.Load(source, null, new TowerOptions());
        static byte[] Rounded(TensorEntry p) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(Array.ConvertAll(p.ToFloat32(), x => p.Shape.Length > 1 ? (float)(Half)x : x).AsSpan()).ToArray();
        foreach (var config in Directory.GetFiles(Exported, "*.json")) File.Copy(config, Path.Combine(Directory.CreateDirectory(_folder["rounded"]).FullName, Path.GetFileName(config)));
        Directory.CreateDirectory(_folder["rounded"]);
        Safetensors.Write(_folder["rounded/model.safetensors"], original.Tensors.Tensors.Values.SelectMany(t => t.Parts).Select(p => (p.Name, TensorType.Float32, p.Shape, (ReadOnlyMemory<byte>)Rounded(p))));
        AssertSame(Features(_folder["rounded"], folder, new()), Features(Exported, folder, new()));
    }

    [Fact]
    public void A_number_beyond_float16_keeps_its_tensor_as_it_is()
    {
        var source = Source("a_openai_vit", "model_f32.safetensors");
        using (var file = StateDict.Open(source))
            Safetensors.Write(_folder["large.safetensors"], file.Tensors.Values.Select(t => (t.Name, t.Type, t.Shape, t.Name == "visual.proj" ? Large(t) : t.Bytes())));
        Export(_folder["large.safetensors"], StoredPrecision.Float16);
        using var model = ClipModel.Load(Exported, null, new TowerOptions());
        Assert.Equal((TensorType.Float32, 70000f), (model.Tensors["visual.proj"].Type, model.Tensors["visual.proj"].ToFloat32()[0]));
        Assert.Equal(TensorType.Float16, model.Tensors["text_projection"].Type);

        static ReadOnlyMemory<byte> Large(TensorEntry t)
        {
            var x = t.ToFloat32();
            x[0] = 70000;
            return System.Runtime.InteropServices.MemoryMarshal.AsBytes(x.AsSpan()).ToArray();
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void One_tower_alone_has_the_originals_features_and_refuses_the_others_work(string folder, string file)
    {
        var source = Source(folder, file);
        var expected = Features(source, folder, new());
        foreach (var (choice, has, lacks) in ((TowerChoice, string, string)[])[(TowerChoice.Image, "image", "text"), (TowerChoice.Text, "text", "image")])
        {
            Export(source, StoredPrecision.AsItIs, choice, _folder[has]);
            using var model = ClipModel.Load(_folder[has], null, new TowerOptions());
            Assert.Equal((has == "image", has == "text"), (model.Spec.HasImageTower, model.Spec.HasTextTower));
            var (images, tokens) = Inputs(folder);
            Assert.Equal(has == "image" ? expected.Image : expected.Text, has == "image" ? model.EncodeImages(images, 3) : model.EncodeTexts(tokens, 4));
            var e = Assert.Throws<ClipException>(() => has == "image" ? model.EncodeTexts(tokens, 4) : model.EncodeImages(images, 3));
            Assert.Contains($"has no {lacks} tower: it was written with the {has} tower alone", e.Message, StringComparison.Ordinal);
            Assert.True(ModelVerification.Run(model, Path.Combine(Reference.Path("model_tiny/" + folder), "expected.safetensors")).Tensors.Count > 0);
            Assert.True(new FileInfo(Path.Combine(_folder[has], "model.safetensors")).Length < new FileInfo(source).Length);
        }
    }

    [Fact]
    public void One_tower_of_an_int8_folder_is_that_tower_in_int8()
    {
        var source = Source("a_openai_vit", "model_f32.safetensors");
        Export(source, StoredPrecision.Int8, TowerChoice.Text);
        Export(Exported, StoredPrecision.AsItIs, TowerChoice.Both, _folder["again"]);
        using var model = ClipModel.Load(_folder["again"], null, new TowerOptions());
        Assert.Equal(Features(source, "a_openai_vit", new(Precision.Int8)).Text, model.EncodeTexts(Inputs("a_openai_vit").Tokens, 4));
        Assert.Contains("has no image tower", Assert.Throws<ClipException>(() => Export(Exported, StoredPrecision.AsItIs, TowerChoice.Image, _folder["image"])).Message, StringComparison.Ordinal);
        Assert.Contains("8-bit integers", Assert.Throws<ClipException>(() => Export(Exported, StoredPrecision.Float16, TowerChoice.Both, _folder["f16"])).Message, StringComparison.Ordinal);
        Assert.Contains("has no image tower", Assert.Throws<ClipException>(() => HuggingFaceExport.Write(model, _folder["again"], _folder["hf"])).Message, StringComparison.Ordinal);
        Export(source, StoredPrecision.Int8, TowerChoice.Both, _folder["both"]);
        using var both = ClipModel.Load(_folder["both"], null, new TowerOptions());
        Assert.Contains("8-bit integers", Assert.Throws<ClipException>(() => HuggingFaceExport.Write(both, _folder["both"], _folder["hf"])).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["image"]) || Directory.Exists(_folder["f16"]) || Directory.Exists(_folder["hf"]));
    }

    [Fact]
    public void A_configuration_that_was_given_with_the_weights_goes_with_them()
    {
        File.Copy(Reference.Path("model_tiny/e1_siglip_gelu/hf/model.safetensors"), _folder["bare.safetensors"]);
        File.Copy(Reference.Path("model_tiny/e1_siglip_gelu/hf/config.json"), _folder["given.json"]);
        using var original = ClipModel.Load(_folder["bare.safetensors"], _folder["given.json"], new TowerOptions());
        NClipExport.Write(original, _folder["bare.safetensors"], Exported, StoredPrecision.AsItIs, TowerChoice.Both);
        Assert.Equal(["config.json", "model.safetensors"], Directory.GetFiles(Exported).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var model = ClipModel.Load(Exported, null, new TowerOptions());
        Assert.Equal((original.Spec.Image, original.Spec.Text), (model.Spec.Image, model.Spec.Text));
        Assert.Equal(Fingerprint.Of(original.Tensors), Fingerprint.Of(model.Tensors));
    }

    [Fact]
    public void An_int8_folder_with_other_scales_has_another_fingerprint()
    {
        Export(Source("a_openai_vit", "model_f32.safetensors"), StoredPrecision.Int8);
        using (var file = StateDict.Open(Exported))
        {
            static ReadOnlyMemory<byte> Doubled(TensorEntry t) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(Array.ConvertAll(t.ToFloat32(), s => 2 * s).AsSpan()).ToArray();
            Safetensors.Write(_folder["other.safetensors"], file.Tensors.Values.Select(t => (t.Name, t.Type, t.Shape, t.Name.StartsWith("nclip.scales.", StringComparison.Ordinal) ? Doubled(t) : t.Bytes())), new Dictionary<string, string>(file.Metadata));
        }
        using var model = ClipModel.Load(Exported, null, new TowerOptions());
        using var other = ClipModel.Load(_folder["other.safetensors"], null, new TowerOptions());
        Assert.NotEqual(Fingerprint.Of(model.Tensors), Fingerprint.Of(other.Tensors));
    }

    [Fact]
    public void A_folder_whose_metadata_or_scales_are_broken_is_refused_by_name()
    {
        Export(Source("a_openai_vit", "model_f32.safetensors"), StoredPrecision.Int8);
        void Broken(Func<IEnumerable<TensorEntry>, IEnumerable<TensorEntry>> tensors, string key, string value, string said)
        {
            using (var file = StateDict.Open(Exported))
                Safetensors.Write(_folder["broken.safetensors"], tensors(file.Tensors.Values).Select(t => (t.Name, t.Type, t.Shape, t.Bytes())), new Dictionary<string, string>(file.Metadata) { [key] = value });
            var e = Assert.Throws<CheckpointException>(() => ClipModel.Load(_folder["broken.safetensors"], null, new TowerOptions()));
            Assert.Equal(_folder["broken.safetensors"], e.File);
            Assert.Contains(said, e.Message, StringComparison.Ordinal);
        }
        Broken(t => t, "nclip.features", "many", "nclip.features as 'many'");
        Broken(t => t, "nclip.tower", "both", "nclip.tower as 'both'");
        Broken(t => t, "nclip.naming", "7", "nclip.naming as '7'");
        Broken(t => t.Where(e => e.Name != "nclip.scales.transformer.resblocks.0.mlp.c_fc.weight"), "x", "", "nclip.scales.transformer.resblocks.0.mlp.c_fc.weight");
        Broken(t => t.Where(e => e.Name != "nclip.scales.token_embedding.weight"), "x", "", "nclip.scales.token_embedding.weight");
        Broken(t => t.Where(e => e.Name != "nclip.int8.transformer.resblocks.0.mlp.c_fc.weight"), "x", "", "has no tensor 'transformer.resblocks.0.mlp.c_fc.weight'");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The file, copied with what belongs to it: other files of the case are other models.</summary>
    private string Source(string folder, string file)
    {
        var from = Path.Combine(Reference.Path("model_tiny/" + folder), file);
        if (!File.Exists(from)) from = FormulaCase.Write(folder, _folder);
        return from;
    }

    private void Export(string source, StoredPrecision precision, TowerChoice towers = TowerChoice.Both, string? to = null)
    {
        using var model = ClipModel.Load(source, null, new TowerOptions());
        NClipExport.Write(model, source, to ?? Exported, precision, towers);
    }

    private static (float[] Images, long[] Tokens) Inputs(string folder)
    {
        using var inputs = StateDict.Open(Reference.Path($"model_tiny/{folder}/inputs.safetensors"));
        return (inputs.Tensors["images"].ToFloat32(), Array.ConvertAll(inputs.Tensors["tokens"].ToFloat32(), t => (long)t));
    }

    private static (float[] Image, float[] Text) Features(string source, string folder, TowerOptions options)
    {
        using var model = ClipModel.Load(source, null, options with { Threads = 1 });
        var (images, tokens) = Inputs(folder);
        return (model.EncodeImages(images, 3), model.EncodeTexts(tokens, 4));
    }

    private static void AssertSame((float[] Image, float[] Text) expected, (float[] Image, float[] Text) actual)
    {
        Assert.Equal(Array.ConvertAll(expected.Image, BitConverter.SingleToInt32Bits), Array.ConvertAll(actual.Image, BitConverter.SingleToInt32Bits));
        Assert.Equal(Array.ConvertAll(expected.Text, BitConverter.SingleToInt32Bits), Array.ConvertAll(actual.Text, BitConverter.SingleToInt32Bits));
    }
}
