using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Towers;
using NClip.Towers.Text;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>Names and shapes of published models, without their values.</summary>
public sealed class KeyListTests
{
    public static TheoryData<string, string> Lists() => new()
    {
        { "openai-ViT-B-32", "tensors" },
        { "openai-ViT-B-32", "tensors_huggingface" },
        { "openai-ViT-B-16", "tensors" },
        { "openai-ViT-L-14", "tensors" },
        { "openai-ViT-L-14-336px", "tensors" },
        { "openai-RN50", "tensors" },
        { "openai-RN101", "tensors" },
        { "openai-RN50x4", "tensors" },
        { "openai-RN50x16", "tensors" },
        { "openai-RN50x64", "tensors" },
        { "open_clip-ViT-B-32", "tensors" },
        { "open_clip-ViT-B-16-SigLIP", "tensors" },
        { "open_clip-ViT-B-16-SigLIP", "tensors_huggingface" },
    };

    [Theory, MemberData(nameof(Lists))]
    public void Every_name_and_shape_of_a_published_model_is_accepted_without_a_configuration(string model, string list)
    {
        using var json = Json(model);
        var tensors = NamingMap.Apply(Entries(json, list));
        var spec = SpecReader.Infer(tensors);
        tensors.Check(spec);

        var config = json.RootElement.GetProperty("config");
        Assert.Equal(config.GetProperty("embed_dim").GetInt32(), spec.EmbedDim);
        if (config.TryGetProperty("image_resolution", out var size))
        {
            Assert.Equal(size.GetInt32(), spec.Image.Height);
            Assert.Equal(config.GetProperty("transformer_heads").GetInt32(), Assert.IsType<TextTransformerSpec>(spec.Text).Block.Heads);
            Assert.Equal(config.GetProperty("context_length").GetInt32(), spec.Context.Length);
        }
    }

    [Theory, InlineData("openai-ViT-B-32"), InlineData("open_clip-ViT-B-16-SigLIP")]
    public void Both_namings_of_a_model_have_the_same_canonical_names_and_shapes(string model)
    {
        using var json = Json(model);
        string[] Canonical(string list) => [.. NamingMap.Apply(Entries(json, list)).Tensors.Values.Select(t => $"{t.Name} {t.Count}").Order(StringComparer.Ordinal)];
        Assert.Equal(Canonical("tensors"), Canonical("tensors_huggingface"));
    }

    [Theory]
    [InlineData("openai-ViT-B-32", "tensors", "tensors_huggingface")]
    [InlineData("openai-ViT-B-32", "tensors_huggingface", "tensors_huggingface")]
    [InlineData("open_clip-ViT-B-16-SigLIP", "tensors", "tensors_huggingface")]
    public void The_names_and_shapes_written_for_transformers_are_the_published_ones(string model, string from, string to)
    {
        using var json = Json(model);
        var tensors = NamingMap.Apply(Entries(json, from));
        var spec = SpecReader.Infer(tensors);
        string[] written = [.. NamingMap.Write(tensors, spec, HuggingFaceClass.Of(spec, model).Names).Select(t => $"{t.Name} {ModelTensors.Show(t.Shape)}").Order(StringComparer.Ordinal)];
        Assert.Equal(Entries(json, to).Tensors.Values.Where(t => !t.Name.EndsWith("position_ids", StringComparison.Ordinal)).Select(t => $"{t.Name} {ModelTensors.Show(t.Shape)}").Order(StringComparer.Ordinal), written);
    }

    [Fact]
    public void Prefixes_of_training_checkpoints_and_buffers_are_no_part_of_a_model()
    {
        using var json = Json("openai-ViT-B-32");
        var plain = Entries(json, "tensors").Tensors.Values.ToList();
        long[] one = [];
        plain.AddRange(new[] { "input_resolution", "context_length", "vocab_size", "text_model.x.position_ids", "bn.num_batches_tracked" }.Select(n => new TensorEntry(n, TensorType.Int64, one)));
        var prefixed = new StateDict("x.pt", plain.Select(t => t with { Name = "module." + t.Name }).ToDictionary(t => t.Name));
        // position_ids of a text_model would be Hugging Face's sign; such files have no visual.*.
        var tensors = NamingMap.Apply(new StateDict("x.pt", prefixed.Tensors.Where(t => !t.Key.Contains("text_model", StringComparison.Ordinal)).ToDictionary()));
        tensors.Check(SpecReader.Infer(tensors));
        Assert.Equal(302, tensors.Tensors.Count);
    }

    [Fact]
    public void A_missing_tensor_is_refused_by_name() => Refused(t => t.Remove("visual.transformer.resblocks.7.mlp.c_fc.bias"), "'visual.transformer.resblocks.7.mlp.c_fc.bias'");

    [Fact]
    public void A_missing_block_is_refused_by_name() =>
        Refused(t => { foreach (var n in t.Keys.Where(k => k.Contains("visual.transformer.resblocks.5.", StringComparison.Ordinal)).ToList()) t.Remove(n); }, "'visual.transformer.resblocks.5.ln_1.weight'");

    [Fact]
    public void A_surplus_tensor_is_refused_by_name() => Refused(t => t["visual.extra.weight"] = new("visual.extra.weight", TensorType.Float32, [3]), "'visual.extra.weight'");

    [Fact]
    public void A_tensor_of_another_shape_is_refused_with_both_shapes() =>
        Refused(t => t["visual.proj"] = new("visual.proj", TensorType.Float32, [768, 640]), "tensor 'visual.proj' has shape [768, 640]", "[768, 512]");

    [Fact]
    public void A_tensor_of_another_rank_is_refused() => Refused(t => t["visual.conv1.weight"] = new("visual.conv1.weight", TensorType.Float32, [768, 3072]), "'visual.conv1.weight'", "4 dimensions");

    [Fact]
    public void Twice_the_same_canonical_tensor_is_refused()
    {
        using var json = Json("openai-ViT-B-32");
        var t = Entries(json, "tensors_huggingface").Tensors.ToDictionary();
        t["token_embedding.weight"] = new("token_embedding.weight", TensorType.Float32, [49408, 512]);
        var e = Assert.Throws<CheckpointException>(() => NamingMap.Apply(new StateDict("x.safetensors", t)));
        Assert.Contains("'text_model.embeddings.token_embedding.weight'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'token_embedding.weight'", e.Message, StringComparison.Ordinal);
    }

    private static void Refused(Action<Dictionary<string, TensorEntry>> change, params string[] said)
    {
        using var json = Json("openai-ViT-B-32");
        var t = Entries(json, "tensors").Tensors.ToDictionary();
        change(t);
        var e = Assert.Throws<CheckpointException>(() =>
        {
            var tensors = NamingMap.Apply(new StateDict("model.safetensors", t));
            tensors.Check(SpecReader.Infer(tensors));
        });
        Assert.Equal("model.safetensors", e.File);
        Assert.All(said, s => Assert.Contains(s, e.Message, StringComparison.Ordinal));
    }

    private static JsonDocument Json(string model) => JsonDocument.Parse(File.ReadAllBytes(Reference.Path($"full/{model}.json")));

    private static StateDict Entries(JsonDocument json, string list) =>
        new("model.safetensors", json.RootElement.GetProperty(list).EnumerateArray()
            .Select(t => new TensorEntry(t[0].GetString()!, TensorType.Float32, [.. t[1].EnumerateArray().Select(d => d.GetInt64())]))
            .ToDictionary(t => t.Name));
}
