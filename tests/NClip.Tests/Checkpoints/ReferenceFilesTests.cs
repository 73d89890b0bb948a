using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Checkpoints;

/// <summary>The same weights in every format give the same names, types, shapes and bytes.</summary>
public class ReferenceFilesTests
{
    private const string A = "model_tiny/a_openai_vit/";

    /// <summary>Integers that OpenAI's archives hold beside the parameters; the safetensors copies do not have them.</summary>
    private static readonly string[] _integers = ["input_resolution", "context_length", "vocab_size"];

    [Theory]
    [InlineData(A + "state_dict.pt", A + "model_f32.safetensors")]
    [InlineData(A + "torchscript_f32.pt", A + "model_f32.safetensors")]
    [InlineData(A + "state_dict_mixed_f16.pt", A + "torchscript_mixed_f16.pt")]
    [InlineData(A + "state_dict_legacy_mixed_f16.pt", A + "state_dict_mixed_f16.pt")]
    [InlineData("model_tiny/c1_openclip_vit/epoch_3.pt", "model_tiny/c1_openclip_vit/open_clip_model.safetensors")]
    [InlineData("model_tiny/c1_openclip_vit/open_clip_pytorch_model.bin", "model_tiny/c1_openclip_vit/open_clip_model.safetensors")]
    [InlineData("model_tiny/d1_hf_quickgelu_eos2/pytorch_model.bin", "model_tiny/d1_hf_quickgelu_eos2/model.safetensors")]
    [InlineData("model_tiny/d1_hf_quickgelu_eos2/sharded", "model_tiny/d1_hf_quickgelu_eos2/model.safetensors")]
    [InlineData("model_tiny/d1_hf_quickgelu_eos2/sharded/model.safetensors.index.json", "model_tiny/d1_hf_quickgelu_eos2/model.safetensors")]
    public void Two_files_of_the_same_weights_are_equal_to_the_byte(string path, string same)
    {
        using var a = StateDict.Open(Reference.Path(path));
        using var b = StateDict.Open(Reference.Path(same));
        Assert.Equal(Weights(b).Keys.Order(), Weights(a).Keys.Order());
        foreach (var (name, expected) in Weights(b))
        {
            var t = a.Tensors[name];
            Assert.Equal(expected.Type, t.Type);
            Assert.Equal(expected.Shape, t.Shape);
            Assert.Equal(expected.ByteLength, t.ByteLength);
            Assert.True(expected.Bytes().Span.SequenceEqual(t.Bytes().Span), $"{name} has other bytes");
        }
    }

    [Theory]
    [InlineData("state_dict.pt", "Float32")]
    [InlineData("torchscript_f32.pt", "Float32")]
    [InlineData("state_dict_mixed_f16.pt", "Float16")]
    [InlineData("state_dict_legacy_mixed_f16.pt", "Float16")]
    [InlineData("torchscript_mixed_f16.pt", "Float16")]
    public void OpenAI_files_hold_their_parameters_and_three_integers(string file, string typeOfProjection)
    {
        using var s = StateDict.Open(Reference.Path(A + file));
        Assert.Equal(53, s.Tensors.Count);
        Assert.Equal([32f, 16f, 200f], _integers.Select(n => Assert.Single(s.Tensors[n].ToFloat32())));
        Assert.All(_integers, n => Assert.Equal((TensorType.Int64, 0), (s.Tensors[n].Type, s.Tensors[n].Shape.Length)));
        Assert.Equal(Enum.Parse<TensorType>(typeOfProjection), s.Tensors["visual.proj"].Type);
        Assert.Equal(TensorType.Float32, s.Tensors["visual.class_embedding"].Type);
        Assert.Equal([64L, 3, 8, 8], s.Tensors["visual.conv1.weight"].Shape);
    }

    [Theory]
    [InlineData("model_f16.safetensors", "Float16", 1f / 1024)]
    [InlineData("model_bf16.safetensors", "BFloat16", 1f / 128)]
    [InlineData("state_dict_mixed_f16.pt", null, 1f / 1024)]
    public void Half_precision_files_are_the_rounded_float32_weights(string file, string? type, float relative)
    {
        using var half = StateDict.Open(Reference.Path(A + file));
        using var full = StateDict.Open(Reference.Path(A + "model_f32.safetensors"));
        foreach (var (name, t) in full.Tensors)
        {
            if (type is not null) Assert.Equal(Enum.Parse<TensorType>(type), half.Tensors[name].Type);
            var (expected, found) = (t.ToFloat32(), half.Tensors[name].ToFloat32());
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], Math.Abs(expected[i]) * relative + 1e-7f);
        }
    }

    [Theory]
    [InlineData(A + "state_dict.pt")]
    [InlineData(A + "torchscript_f32.pt")]
    [InlineData(A + "state_dict_legacy_mixed_f16.pt")]
    [InlineData("model_tiny/c1_openclip_vit/epoch_3.pt")]
    [InlineData("model_tiny/d1_hf_quickgelu_eos2/sharded")]
    public void Every_tensor_names_the_place_in_the_file_where_its_bytes_lie(string path)
    {
        using var s = StateDict.Open(Reference.Path(path));
        foreach (var t in s.Tensors.Values)
        {
            using var file = File.OpenRead(Assert.IsType<string>(t.File));
            var bytes = new byte[t.ByteLength];
            file.Position = t.Offset;
            file.ReadExactly(bytes);
            Assert.True(t.Bytes().Span.SequenceEqual(bytes), t.Name);
        }
    }

    [Fact]
    public void The_authors_names_of_Chinese_CLIP_lose_their_module_prefix()
    {
        using var s = StateDict.Open(Reference.Path("model_tiny/h_chinese_clip/original_names.pt"));
        using var hf = StateDict.Open(Reference.Path("model_tiny/h_chinese_clip/model.safetensors"));
        Assert.DoesNotContain(s.Tensors.Keys, n => n.StartsWith("module.", StringComparison.Ordinal));
        foreach (var (name, other) in new[] { ("bert.embeddings.word_embeddings.weight", "text_model.embeddings.word_embeddings.weight"), ("visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight") })
            Assert.Equal(hf.Tensors[other].ToFloat32(), s.Tensors[name].ToFloat32());
    }

    [Fact]
    public void All_weight_files_of_model_tiny_open_where_they_are_at_hand()
    {
        // The copies here are a part; where the whole set lies beside the repository, all of it must open.
        var root = Reference.Shared("model_tiny") ?? Reference.Path("model_tiny");
        var files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) is ".pt" or ".bin" or ".safetensors").ToList();
        Assert.True(files.Count > 10);
        foreach (var f in files)
        {
            using var s = StateDict.Open(f);
            Assert.NotEmpty(s.Tensors);
            foreach (var t in s.Tensors.Values)
            {
                Assert.Equal(t.ByteLength, t.Bytes().Length);
                Assert.All(t.ToFloat32(), v => Assert.True(float.IsFinite(v)));
            }
        }
    }

    private static Dictionary<string, TensorEntry> Weights(StateDict s)
        => s.Tensors.Where(t => !_integers.Contains(t.Key) && !t.Key.EndsWith("position_ids", StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value);
}
