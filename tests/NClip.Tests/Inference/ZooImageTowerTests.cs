using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Images;
using NClip.Inference;
using NClip.Proof;
using NClip.Tests.Architectures;
using NClip.Towers.Blocks;
using NClip.Towers.Image;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>EVA-CLIP, PE-Core, ViTamin and TinyCLIP, in timm's names and in their authors'.</summary>
public sealed class ZooImageTowerTests
{
    /// <summary>Copied models; the authors' configuration where they have names of their own.</summary>
    public static TheoryData<string, string?> Copied() => new() { { "eva02_b16", "eva_clip_config.json" }, { "eva02_e14", "eva_clip_config.json" }, { "pe_core_g14", "pe_config.json" }, { "vitamin_s", null } };

    [Theory, MemberData(nameof(Copied))]
    public void Features_and_logits_equal_the_f64_reference_in_either_naming(string folder, string? config)
    {
        AssertEqual(Reference.Path($"zoo/{folder}/open_clip_model.safetensors"), null, Reference.Path($"zoo/{folder}/expected.safetensors"));
        if (config is null) return;
        using var temporary = new TemporaryFolder();
        temporary.Copy($"zoo/{folder}/{config}", config); // found beside the weights
        AssertEqual(AuthorsNames.Write(folder, temporary), null, Reference.Path($"zoo/{folder}/expected.safetensors"));
    }

    [Theory]
    [InlineData("eva01_g14", "open_clip_model", "open_clip_config")]
    [InlineData("eva01_g14", "original_names", "eva_clip_config")]
    [InlineData("eva02_b16", "open_clip_model", "open_clip_config")]
    [InlineData("eva02_b16", "original_names", "eva_clip_config")]
    [InlineData("eva02_e14", "open_clip_model", "open_clip_config")]
    [InlineData("eva02_e14", "original_names", "eva_clip_config")]
    [InlineData("pe_core_b16", "open_clip_model", "open_clip_config")]
    [InlineData("pe_core_b16", "original_names", "pe_config")]
    [InlineData("pe_core_g14", "open_clip_model", "open_clip_config")]
    [InlineData("pe_core_g14", "original_names", "pe_config")]
    [InlineData("vitamin_s", "open_clip_model", "open_clip_config")]
    [InlineData("vitamin_xl", "open_clip_model", "open_clip_config")]
    [InlineData("tinyclip_names", "ddp_names", "tinyclip_config")]
    public void Every_file_of_the_whole_reference_set_equals_it(string folder, string weights, string config)
    {
        var at = Reference.NeedShared("zoo/" + folder);
        AssertEqual(Path.Combine(at, weights + ".safetensors"), Path.Combine(at, config + ".json"), Path.Combine(at, "expected.safetensors"));
    }

    [Theory, InlineData("module."), InlineData("")]
    public void TinyClips_names_are_read_with_and_without_those_of_its_wrapper(string wrapper)
    {
        using var temporary = new TemporaryFolder();
        temporary.Copy("model_tiny/c1_openclip_vit/open_clip_config.json", "tinyclip_config.json");
        using (var file = StateDict.Open(Reference.Path("model_tiny/c1_openclip_vit/open_clip_model.safetensors")))
        {
            Safetensors.Write(temporary["tiny.safetensors"], file.Tensors.Values.Select(t =>
            {
                var part = t.Name == "logit_scale" ? "_logit_scale" : t.Name.StartsWith("visual.", StringComparison.Ordinal) ? "_image_encoder" : "_text_encoder";
                return ($"{part}.{wrapper}{t.Name}", t.Type, t.Shape, t.Bytes());
            }));
        }
        AssertEqual(temporary["tiny.safetensors"], null, Reference.Path("model_tiny/c1_openclip_vit/expected.safetensors"));
    }

    [Fact]
    public void Pictures_of_PE_Core_are_squashed_and_its_values_lie_around_zero_also_where_no_configuration_says_so()
    {
        using var temporary = new TemporaryFolder();
        using var file = StateDict.Open(AuthorsNames.Write("pe_core_g14", temporary));
        var p = SpecReader.Infer(NamingMap.Apply(file)).Preprocess;
        Assert.Equal((ResizeMode.Squash, Interpolation.Bilinear), (p.Resize, p.Interpolation));
        Assert.All([.. p.Mean, .. p.Std], v => Assert.Equal(0.5f, v));
    }

    [Fact]
    public void A_tower_whose_shapes_do_not_show_it_has_the_heads_of_its_name()
    {
        using var file = StateDict.Open(Reference.Path("zoo/eva02_e14/open_clip_model.safetensors"));
        var json = File.ReadAllText(Reference.Path("zoo/eva02_e14/open_clip_config.json"));
        using var temporary = new TemporaryFolder();
        EvaSpec Read(string text) => (EvaSpec)SpecReader.Read(NamingMap.Apply(file), file.Path, temporary.Write("config.json", text)).Image;
        Assert.Equal((2, true), (Read(json).Sizes.Heads, Read(json).PostNorm));
        var unsaid = json.Replace("\"num_heads\": 2", "\"unused\": 2", StringComparison.Ordinal);
        Assert.Equal(16, Read(unsaid).Sizes.Heads);
        Assert.False(Read(unsaid.Replace("eva02_enormous_patch14_clip_224", "eva_giant_patch14_224", StringComparison.Ordinal)).PostNorm);
        var e = Assert.Throws<CheckpointException>(() => Read(json.Replace("\"token\"", "\"avg\"", StringComparison.Ordinal)));
        Assert.Contains("timm_pool is 'avg'; NClip knows token", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_of_another_EVA_or_Perception_Encoder_is_refused_with_its_key()
    {
        void Refused(string folder, string config, string from, string to, string said)
        {
            using var temporary = new TemporaryFolder();
            var weights = AuthorsNames.Write(folder, temporary);
            using var file = StateDict.Open(weights);
            var other = temporary.Write("other.json", File.ReadAllText(Reference.Path($"zoo/{folder}/{config}")).Replace(from, to, StringComparison.Ordinal));
            var e = Assert.Throws<CheckpointException>(() => SpecReader.Read(NamingMap.Apply(file), weights, other));
            Assert.Contains(said, e.Message, StringComparison.Ordinal);
        }
        Refused("eva02_b16", "eva_clip_config.json", "\"rope\": true", "\"rope\": false", "vision_cfg.rope is 'false'");
        Refused("eva02_e14", "eva_clip_config.json", "\"postnorm\": true", "\"naiveswiglu\": true", "vision_cfg.naiveswiglu is 'true'");
        Refused("pe_core_g14", "pe_config.json", "\"attn\"", "\"tok\"", "vision.pool_type is 'tok'; NClip knows attn");
        Refused("pe_core_g14", "pe_config.json", "\"use_rope2d\": true", "\"use_rope2d\": false", "vision.use_rope2d is 'false'");
    }

    [Fact]
    public void Rotary_places_are_rows_then_columns_scaled_or_columns_then_rows_from_one()
    {
        // Two channels an axis: one frequency, 1.
        var eva = new RotaryPositions(2, 4) { Kept = 1, Reference = (16, 16) }.Tables(4);
        Assert.Equal([1, 1], eva.Cos[..2]);
        Assert.Equal([0, 0], eva.Sin[..2]);
        AssertAngles(eva, token: 1 + 4 + 3, 8, 12);                                      // row 1 of 2, column 3 of 4, on 16 x 16
        var pe = new RotaryPositions(2, 4) { Kept = 1, First = 1, ColumnsFirst = true };
        AssertAngles(pe.Tables(4), token: 1 + 4 + 3, 4, 2);
        AssertAngles((pe with { Kept = 0, First = 0 }).Tables(4), token: 4 + 3, 3, 1);
        Assert.Equal(pe.Tables(8).Sin, (pe with { Reference = (2, 4) }).Tables(8).Sin);  // at its own size timm's scale is 1
    }

    private static void AssertAngles((float[] Cos, float[] Sin) tables, int token, float first, float second)
    {
        Assert.Equal([MathF.Cos(first), MathF.Cos(second)], tables.Cos[(2 * token)..(2 * token + 2)], (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.Equal([MathF.Sin(first), MathF.Sin(second)], tables.Sin[(2 * token)..(2 * token + 2)], (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    private static void AssertEqual(string file, string? config, string expected)
    {
        using var model = ClipModel.Load(file, config, new TowerOptions(Threads: 1));
        var report = ModelVerification.Run(model, expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"{file}: {string.Join(", ", report.Tensors)}");
        Assert.Equal(5, report.Tensors.Count);
        Assert.All(report.Tensors, t => Assert.True(t.Passed, $"{file}: {t}"));
    }
}
