using NClip.Checkpoints;
using NClip.Inference;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>A token table that is too large for a graph: its rows are read from the file for each batch.</summary>
public sealed class TokenRowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model_tiny/a_openai_vit/model_f32.safetensors")]
    [InlineData("model_tiny/a_openai_vit/model_f16.safetensors")]
    [InlineData("model_tiny/a_openai_vit/model_bf16.safetensors")]
    [InlineData("model_tiny/a_openai_vit/state_dict.pt")]
    [InlineData("model_tiny/e1_siglip_gelu/open_clip_model.safetensors")]
    [InlineData("model_tiny/f3_vit_roberta_mean_mlp/open_clip_model.safetensors")]
    [InlineData("model_tiny/g_coca/open_clip_model.safetensors")]
    [InlineData("zoo/metaclip2_hf/model.safetensors")]
    [InlineData("zoo/jina_clip_v2/model.safetensors")]
    [InlineData("zoo/text_mt5/open_clip_model.safetensors")]
    [InlineData("zoo/text_nllb/open_clip_model.safetensors")]
    public void Features_are_the_same_to_the_bit_whoever_looks_the_rows_up(string file)
    {
        var path = Reference.Path(file);
        using var inputs = StateDict.Open(Path.Combine(Path.GetDirectoryName(path)!, "inputs.safetensors"));
        var tokens = inputs.Tensors["tokens"];
        float[] Features(TowerOptions options)
        {
            using var model = ClipModel.Load(path, null, options);
            Assert.Equal(options.RowsAbove == 0, TokenRows.Of(model.Spec.Text.Derive(model.Tensors), model.Spec, options) is not null);
            return model.EncodeTexts(Array.ConvertAll(tokens.ToFloat32(), t => (long)t), (int)tokens.Shape[0]);
        }
        var (inside, given) = (new TowerOptions(Threads: 1), new TowerOptions(Threads: 1) { RowsAbove = 0 });
        var features = Features(inside);
        Assert.Equal(features, Features(given));
        Assert.Equal(features, Features(given with { CacheFolder = _folder.Path, ConvertInMemory = 0 }));

        features = Features(inside with { Precision = Precision.Int8 });
        Assert.Equal(features, Features(given with { Precision = Precision.Int8 }));
        Assert.Equal(features, Features(inside with { Precision = Precision.Int8, CacheFolder = _folder.Path, ConvertInMemory = 0 }));
    }

    [Fact]
    public void A_table_whose_rows_are_read_is_not_in_the_converted_weights()
    {
        var path = Reference.Path("model_tiny/a_openai_vit/model_bf16.safetensors");
        using var model = ClipModel.Load(path, null, new TowerOptions(CacheFolder: _folder.Path) { RowsAbove = 0, ConvertInMemory = 0 });
        Assert.DoesNotContain("token_embedding.weight", model.Weights().Tensors.Keys);
        Assert.Contains("positional_embedding", model.Weights().Tensors.Keys);
        Assert.Contains("token_embedding.weight", model.WholeWeights().Tensors.Keys); // an exported graph has it
    }
}
