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
    public void Int8_features_point_where_the_references_do_and_are_not_float32s(string file, string @case)
    {
        using var inputs = StateDict.Open(Reference.Path($"model_tiny/{@case}/inputs.safetensors"));
        using var expected = StateDict.Open(Reference.Path($"model_tiny/{@case}/expected.safetensors"));
        using var model = ClipModel.Load(Reference.Path("model_tiny/" + file), null, new ClipOptions(Precision.Int8));
        foreach (var (name, actual) in new[] { ("image_features_f64", model.EncodeImages(inputs.Tensors["images"].ToFloat32(), 3)), ("text_features_f64", model.EncodeTexts(Tokens(inputs.Tensors["tokens"]), 4)) })
        {
            var want = expected.Tensors[name].ToFloat32();
            var d = model.Spec.EmbedDim;
            for (var i = 0; i < want.Length / d; i++)
                Assert.InRange(TensorPrimitives.CosineSimilarity(want.AsSpan(i * d, d), actual.AsSpan(i * d, d)), 0.99f, 0.99999999f);
        }
    }

    private static long[] Tokens(TensorEntry t) => [.. t.ToFloat32().Select(v => (long)v)];
}
