using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Images;
using NClip.Inference;
using NClip.Proof;
using NClip.Towers.Image;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>MobileCLIP and MobileCLIP2, in Apple's names and open_clip's, with branches and merged.</summary>
public sealed class MobileClipTests
{
    /// <summary>Folder, weights, expected values, and whether the repository has a copy.</summary>
    private static readonly (string Folder, string Weights, string Expected, bool Copied)[] _cases =
    [
        ("mobileclip_s0", "apple_names.safetensors", "expected", true),
        ("mobileclip_s0", "apple_reparameterised.safetensors", "expected", false),
        ("mobileclip_s1", "apple_names.safetensors", "expected", false),
        ("mobileclip_s1", "apple_reparameterised.safetensors", "expected", true),
        ("mobileclip_s1", "open_clip_model.safetensors", "expected", true),
        ("mobileclip_s1", "open_clip_reparameterised.safetensors", "expected", false),
        ("mobileclip_b", "apple_names.safetensors", "expected_apple", true),
        ("mobileclip_b", "open_clip_model.safetensors", "expected", true),
        ("mobileclip2_s0", "open_clip_model.safetensors", "expected", false),
        ("mobileclip2_s0", "reparameterised.safetensors", "expected", false),
        ("mobileclip2_s3", "open_clip_model.safetensors", "expected", false),
        ("mobileclip2_s3", "reparameterised.safetensors", "expected", true),
    ];

    /// <summary>Copies, and every file of the whole reference set (skipped where a checkout does not have it).</summary>
    public static TheoryData<string, string, string, string> Cases()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var (folder, weights, expected, copied) in _cases)
        {
            if (copied) data.Add("copied", folder, weights, expected);
            else data.Add("shared", folder, weights, expected);
        }
        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Features_and_logits_of_a_MobileCLIP_equal_the_f64_reference(string from, string folder, string weights, string expected)
    {
        var at = from == "shared" ? Reference.NeedShared("zoo/" + folder) : Reference.Path("zoo/" + folder);
        foreach (var prepack in new[] { true, false })
        {
            using var model = ClipModel.Load(Path.Combine(at, weights), null, new TowerOptions(Threads: 1, Prepack: prepack));
            using var inputs = StateDict.Open(Path.Combine(at, "inputs.safetensors"));
            using var reference = StateDict.Open(Path.Combine(at, expected + ".safetensors"));
            var images = model.EncodeImages(FormulaWeights.Images([2, 3, model.Spec.Image.Height, model.Spec.Image.Width]), 2);
            var texts = model.EncodeTexts(Array.ConvertAll(inputs.Tensors["tokens"].ToFloat32(), t => (long)t), 4);
            var report = ModelVerification.Compare(model, images, texts, reference);
            TestContext.Current.TestOutputHelper?.WriteLine($"{folder}/{weights}: {string.Join(", ", report.Tensors)}");
            Assert.Equal(5, report.Tensors.Count);
            Assert.All(report.Tensors, t => Assert.True(t.Passed, $"{folder}/{weights}: {t}"));
        }
    }

    [Theory]
    [InlineData("mobileclip_s0/apple_names.safetensors", "MobileCLIP", false)]
    [InlineData("mobileclip_s1/open_clip_model.safetensors", "MobileCLIP", false)]
    [InlineData("mobileclip_b/apple_names.safetensors", "MobileCLIP", true)]
    [InlineData("mobileclip_b/open_clip_model.safetensors", "MobileCLIP", true)]
    [InlineData("mobileclip2_s3/reparameterised.safetensors", "MobileCLIP2 of five stages", false)]
    public void Where_no_configuration_is_the_family_says_how_pictures_and_texts_are_taken(string model, string family, bool causal)
    {
        using var file = StateDict.Open(Reference.Path("zoo/" + model));
        var spec = SpecReader.Infer(NamingMap.Apply(file));
        Assert.Equal(family, spec.Family.Name);
        Assert.Equal(family == "MobileCLIP" ? [0, 0, 0] : PreprocessSpec.OpenAI().Mean, spec.Preprocess.Mean);
        Assert.Equal(family == "MobileCLIP" ? [1, 1, 1] : PreprocessSpec.OpenAI().Std, spec.Preprocess.Std);
        Assert.Equal((Interpolation.Bilinear, ResizeMode.Shortest), (spec.Preprocess.Interpolation, spec.Preprocess.Resize));
        Assert.Equal(causal, spec.Text is TextTransformerSpec { Causal: true });
        if (spec.Image is FastViTSpec) Assert.Equal((256, 256), (spec.Preprocess.Height, spec.Preprocess.Width));
    }

    [Fact]
    public void An_open_clip_configuration_without_preprocessing_leaves_it_to_the_family()
    {
        using var folder = new TemporaryFolder();
        var config = File.ReadAllText(Reference.Path("zoo/mobileclip_s1/open_clip_config.json"));
        folder.Write("open_clip_config.json", config.Replace("preprocess_cfg", "unread", StringComparison.Ordinal));
        using var file = StateDict.Open(Reference.Path("zoo/mobileclip_s1/open_clip_model.safetensors"));
        var p = SpecReader.Read(NamingMap.Apply(file), file.Path, folder["open_clip_config.json"]).Preprocess;
        Assert.Equal([0, 0, 0], p.Mean);
        Assert.Equal(Interpolation.Bilinear, p.Interpolation);
    }

    [Fact]
    public void Apples_configuration_says_whether_texts_have_a_mask()
    {
        using var folder = new TemporaryFolder();
        var config = File.ReadAllText(Reference.Path("zoo/mobileclip_s1/mobileclip_config.json"));
        folder.Write("masked.json", config.Replace("\"causal_masking\": false", "\"causal_masking\": true", StringComparison.Ordinal));
        using var file = StateDict.Open(Reference.Path("zoo/mobileclip_s1/apple_reparameterised.safetensors"));
        bool Causal(string? c) => ((TextTransformerSpec)SpecReader.Read(NamingMap.Apply(file), file.Path, c).Text).Causal;
        Assert.False(Causal(null));
        Assert.True(Causal(folder["masked.json"]));

        using var convolutions = StateDict.Open(Reference.Path("zoo/mobileclip_s0/apple_names.safetensors"));
        var e = Assert.Throws<CheckpointException>(() => SpecReader.Read(NamingMap.Apply(convolutions), convolutions.Path, folder["masked.json"]));
        Assert.Contains("text_cfg.causal_masking", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ViT_with_a_stem_computes_as_the_house_does_whose_names_it_has()
    {
        ConvStemViTSpec Of(string file)
        {
            using var state = StateDict.Open(Reference.Path("zoo/mobileclip_b/" + file));
            return (ConvStemViTSpec)SpecReader.Infer(NamingMap.Apply(state)).Image;
        }
        var (apple, timm) = (Of("apple_names.safetensors"), Of("open_clip_model.safetensors"));
        Assert.Equal((1, 1e-5f), (apple.StemPadding, apple.Block.Epsilon));
        Assert.Equal((0, 1e-6f), (timm.StemPadding, timm.Block.Epsilon));
    }
}
