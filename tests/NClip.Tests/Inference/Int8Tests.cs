using System.Numerics.Tensors;
using NClip.Checkpoints;
using NClip.Inference;
using Xunit;

namespace NClip.Tests.Inference;

public sealed class Int8Tests
{
    [Theory]
    [InlineData("a_openai_vit/model_f32.safetensors", "a_openai_vit")]
    [InlineData("d1_hf_quickgelu_eos2/model.safetensors", "d1_hf_quickgelu_eos2")]
    [InlineData("f3_vit_roberta_mean_mlp/open_clip_model.safetensors", "f3_vit_roberta_mean_mlp")]
    [InlineData("f4_convnext_roberta_cls_last/open_clip_model.safetensors", "f4_convnext_roberta_cls_last")]
    [InlineData("e1_siglip_gelu/open_clip_model.safetensors", "e1_siglip_gelu")]
    public void Int8_features_point_where_the_references_do_and_are_not_float32s(string file, string @case)
    {
        using var inputs = StateDict.Open(Reference.Path($"model_tiny/{@case}/inputs.safetensors"));
        using var expected = StateDict.Open(Reference.Path($"model_tiny/{@case}/expected.safetensors"));
        using var model = ClipModel.Load(Reference.Path("model_tiny/" + file), null, new TowerOptions(Precision.Int8));
        AssertNear(@case + " images", model.Spec.EmbedDim, expected.Tensors["image_features_f64"].ToFloat32(), model.EncodeImages(inputs.Tensors["images"].ToFloat32(), 3));
        AssertNear(@case + " texts", model.Spec.EmbedDim, expected.Tensors["text_features_f64"].ToFloat32(), model.EncodeTexts(Tokens(inputs.Tensors["tokens"]), 4));
    }

    [Theory]
    [InlineData("eva02_b16", "open_clip_model.safetensors")]
    [InlineData("eva02_e14", "open_clip_model.safetensors")]
    [InlineData("pe_core_g14", "open_clip_model.safetensors")]
    [InlineData("vitamin_s", "open_clip_model.safetensors")]
    [InlineData("mobileclip_b", "open_clip_model.safetensors")]
    [InlineData("mobileclip_s1", "open_clip_model.safetensors")]
    [InlineData("mobileclip2_s3", "reparameterised.safetensors")]
    [InlineData("siglip2_naflex", "model.safetensors")]
    [InlineData("metaclip2_hf", "model.safetensors")]
    [InlineData("altclip_hf", "model.safetensors")]
    [InlineData("jina_clip_v2", "model.safetensors")]
    [InlineData("text_mt5", "open_clip_model.safetensors")]
    [InlineData("text_nllb", "open_clip_model.safetensors")]
    public void Int8_features_of_newer_families_point_where_their_float32_features_do(string folder, string weights)
    {
        (float[] Images, float[] Texts, int Width) Features(Precision precision)
        {
            using var model = ClipModel.Load(Reference.Path($"zoo/{folder}/{weights}"), null, new TowerOptions(precision, Threads: 1));
            using var inputs = StateDict.Open(Reference.Path($"zoo/{folder}/inputs.safetensors"));
            var tokens = inputs.Tensors["tokens"];
            var random = new Random(1);
            float[] pixels = [.. Enumerable.Range(0, 2 * 3 * model.Spec.Image.Height * model.Spec.Image.Width).Select(_ => (2 * random.NextSingle()) - 1)];
            return (model.EncodeImages(pixels, 2), model.EncodeTexts(Tokens(tokens), (int)tokens.Shape[0]), model.Spec.EmbedDim);
        }
        var (want, found) = (Features(Precision.Float32), Features(Precision.Int8));
        AssertNear(folder + " images", want.Width, want.Images, found.Images);
        AssertNear(folder + " texts", want.Width, want.Texts, found.Texts);
    }

    [Fact]
    public void Int8_features_of_the_embedded_model_point_where_its_float32_features_do()
    {
        var folder = Path.Combine(Reference.Root, "models", "nclip-mini");
        using var float32 = Clip.Open(folder);
        using var int8 = Clip.Open(folder, options: new ClipOptions(Precision.Int8));
        string[] photos = [.. new[] { "chelsea.png", "coffee.png", "rocket.jpg" }.Select(f => Path.Combine(Reference.Root, "samples", f))];
        string[] texts = ["a photo of a cat", "a cup of coffee", "a rocket", "two dogs play in the snow", "\u4E00\u53EA\u732B", "\u4E00\u676F\u5496\u5561"];
        AssertNear("nclip-mini photos", 512, [.. photos.SelectMany(p => float32.EncodeImage(p).Values.ToArray())], [.. photos.SelectMany(p => int8.EncodeImage(p).Values.ToArray())]);
        AssertNear("nclip-mini texts", 512, float32.EncodeText(texts).Values.ToArray(), int8.EncodeText(texts).Values.ToArray());
    }

    private static void AssertNear(string name, int d, float[] want, float[] actual)
    {
        Assert.Equal(want.Length, actual.Length);
        float[] cosines = [.. Enumerable.Range(0, want.Length / d).Select(i => TensorPrimitives.CosineSimilarity(want.AsSpan(i * d, d), actual.AsSpan(i * d, d)))];
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {cosines.Length} rows, smallest cosine {cosines.Min():0.0000}");
        Assert.All(cosines, c => Assert.InRange(c, 0.99f, 0.99999999f));
    }

    private static long[] Tokens(TensorEntry t) => [.. t.ToFloat32().Select(v => (long)v)];
}
