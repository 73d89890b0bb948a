using System.Text.Json.Nodes;
using NClip.Checkpoints;
using NClip.Inference;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>Configurations that say what no model has, or are none.</summary>
public sealed class ConfigTests : IDisposable
{
    private const string OpenClip = "c1_openclip_vit", HuggingFace = "d1_hf_quickgelu_eos2", Chinese = "h_chinese_clip", Roberta = "f3_vit_roberta_mean_mlp", Timm = "../zoo/siglip2_b32";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.embed_dim", "0", "from 1 to 65536")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.patch_size", "0", "from 1 to 4096")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.image_size", "2147483647", "from 1 to 4096")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.image_size", "[32, -32]", "from 1 to 4096")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.head_width", "0", "from 1 to 65536")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.layers", "-5", "from 1 to 1000")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.layers", "2147483647", "from 1 to 1000")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.layers", "1.5", "from 1 to 1000")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.width", "1099511627776", "from 1 to 65536")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.vision_cfg.mlp_ratio", "1e300", "above 0 and up to 256")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.text_cfg.heads", "0", "from 1 to 65536")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.text_cfg.context_length", "-1", "from 1 to 131072")]
    [InlineData(OpenClip, "open_clip_config.json", "model_cfg.text_cfg.context_length", "2147483647", "from 1 to 131072")]
    [InlineData(OpenClip, "open_clip_config.json", "preprocess_cfg.mean", "[0.5]", "a list of three numbers")]
    [InlineData(OpenClip, "open_clip_config.json", "preprocess_cfg.std", "[0.5, 0, 0.5]", "above 0 and up to 1000")]
    [InlineData(HuggingFace, "config.json", "vision_config.num_attention_heads", "0", "from 1 to 65536")]
    [InlineData(HuggingFace, "config.json", "text_config.max_position_embeddings", "-1", "from 1 to 131072")]
    [InlineData(HuggingFace, "config.json", "text_config.layer_norm_eps", "0", "above 0 and up to 1")]
    [InlineData(HuggingFace, "preprocessor_config.json", "size.height", "-224", "from 1 to 4096")]
    [InlineData(HuggingFace, "preprocessor_config.json", "image_std", "[0, 0, 0]", "above 0 and up to 1000")]
    [InlineData(Chinese, "config.json", "text_config.num_hidden_layers", "2147483647", "from 1 to 1000")]
    [InlineData(Roberta, "hf_text_config.json", "num_attention_heads", "-12", "from 1 to 65536")]
    [InlineData(Timm, "open_clip_config.json", "model_cfg.vision_cfg.timm_model_kwargs.depth", "100000000", "from 1 to 1000")]
    public void A_number_that_no_model_has_is_refused_by_file_key_value_and_range(string model, string file, string key, string value, string range)
    {
        var from = Copy(model);
        var root = File.Exists(_folder[file]) ? JsonNode.Parse(File.ReadAllText(_folder[file]))! : new JsonObject();
        var (at, keys) = (root, key.Split('.'));
        foreach (var k in keys[..^1]) at = at[k] ??= new JsonObject();
        at[keys[^1]] = JsonNode.Parse(value);
        _folder.Write(file, root.ToJsonString());
        var e = Refused(from);
        Assert.Equal(_folder[file], e.File);
        Assert.Contains(key.StartsWith("model_cfg.", StringComparison.Ordinal) ? key["model_cfg.".Length..] : key, e.Message, StringComparison.Ordinal);
        Assert.Contains(range, e.Message, StringComparison.Ordinal);
        if (!value.StartsWith('[')) Assert.Contains($" is {value};", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vision_cfg", "head_width", "4096", "0 attention heads")]
    [InlineData("text_cfg", "heads", "7", "7 attention heads")]
    [InlineData("vision_cfg", "patch_size", "4000", "patches of 4000 pixels")]
    public void Numbers_that_do_not_fit_each_other_are_refused_before_anything_is_made_of_them(string section, string key, string value, string said)
    {
        var from = Copy(OpenClip);
        var root = JsonNode.Parse(File.ReadAllText(_folder["open_clip_config.json"]))!;
        root["model_cfg"]![section]![key] = JsonNode.Parse(value);
        _folder.Write("open_clip_config.json", root.ToJsonString());
        Assert.Contains(said, Refused(from).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2147483646", "2147483646")]
    [InlineData("99999999999", "99999999999")]
    [InlineData("1000", "from 0 to 999")]
    public void A_block_number_that_no_model_has_is_refused_by_the_tensors_name(string number, string said)
    {
        using (var file = StateDict.Open(Reference.Path($"model_tiny/{OpenClip}/open_clip_model.safetensors")))
            Safetensors.Write(_folder["model.safetensors"], file.Tensors.Values.Select(t => (t.Name.Replace("visual.transformer.resblocks.1.", $"visual.transformer.resblocks.{number}.", StringComparison.Ordinal), t.Type, t.Shape, t.Bytes())));
        var e = Refused(_folder["model.safetensors"]);
        Assert.Contains($"visual.transformer.resblocks.{number}.", e.Message, StringComparison.Ordinal);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"\ud800": 1}""")]
    [InlineData("""{"model_cfg": {"\udc00x": 1}}""")]
    [InlineData("""{"model_cfg": "\ud800"}""")]
    [InlineData("""[1]""")]
    [InlineData("""{"model_cfg": """)]
    [InlineData("")]
    public void What_is_no_JSON_object_of_valid_texts_is_refused_by_name(string text)
    {
        var from = Copy(OpenClip);
        _folder.Write("open_clip_config.json", text);
        Assert.Equal(_folder["open_clip_config.json"], Refused(from).File);
    }

    [Fact]
    public void A_file_too_long_for_a_configuration_is_refused_unread()
    {
        var from = Copy(HuggingFace);
        using (var file = File.OpenWrite(_folder["config.json"])) file.SetLength(1L << 40);
        Assert.Contains("at most 16777216", Refused(from).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_or_unprintable_value_is_shown_short_and_escaped()
    {
        var from = Copy(HuggingFace);
        _folder.Write("config.json", $$$"""{"text_config": {"hidden_act": "\u001b[31m{{{new string('q', 20_000)}}}"}}""");
        var e = Refused(from);
        Assert.InRange(e.Message.Length, 1, 600);
        Assert.Contains("\\u001b[31mqqq", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Copies a tiny model; gives the path of its weights.</summary>
    private string Copy(string model)
    {
        var from = Reference.Path("model_tiny/" + model);
        foreach (var json in Directory.GetFiles(from, "*.json")) File.Copy(json, _folder[Path.GetFileName(json)]);
        var weights = Directory.GetFiles(from, "*model.safetensors").Single();
        File.Copy(weights, _folder[Path.GetFileName(weights)]);
        return _folder[Path.GetFileName(weights)];
    }

    private static CheckpointException Refused(string weights) => Assert.Throws<CheckpointException>(() => ClipModel.Load(weights, null, new()).Dispose());
}
