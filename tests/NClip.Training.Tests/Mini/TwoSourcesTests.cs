using NClip.Checkpoints;
using NClip.Graphs;
using NClip.Inference;
using NClip.Tests;
using NClip.Tests.Inference;
using NClip.Towers;
using NClip.Towers.Image.Convolutional;
using NClip.Training.Operators;
using NClip.Training.Tests.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Mini;

/// <summary>nclip-mini's second architecture: MobileNetEdgeTPU, and words beside a sentence encoder; in a graph, on torch tensors, stored as rows of integers.</summary>
public sealed class TwoSourcesTests : IDisposable
{
    private static readonly string[] _texts = ["a photo of a cat.", "一张猫的照片。", "dog", "cat dog cat dog a photo of", "猫"];

    private readonly TemporaryFolder _temporary = new();

    [Fact]
    public void A_graph_says_what_torch_tensors_say()
    {
        using var _ = no_grad();
        var folder = TinyMini.Write(_temporary, "mini");
        using var clip = Clip.Open(folder);
        using var model = TorchTowerTests.Open(Path.Combine(folder, "open_clip_model.safetensors"), ScalarType.Float32);
        var rows = clip.Tokenize(_texts);
        var text = tensor(clip.EncodeText(rows).Values.ToArray()).reshape(_texts.Length, -1);
        Assert.True(Tensors.LargestDifference(text, model.EncodeTexts(tensor(rows.Ids.ToArray()).reshape(_texts.Length, -1))) < 1e-5);
        Assert.True(text.std().item<float>() > 0.05);
        long[] shape = [2, 3, 32, 32];
        var pixels = FormulaWeights.Images(shape);
        using var loaded = ClipModel.Load(folder, null, new TowerOptions());
        var image = tensor(loaded.EncodeImages(pixels, 2)).reshape(2, -1);
        Assert.True(Tensors.LargestDifference(image, model.EncodeImages(tensor(pixels).reshape(shape))) < 1e-5);
        Assert.True(Tensors.LargestDifference(image[0], image[1]) > 1e-4, $"two pictures differ by {Tensors.LargestDifference(image[0], image[1])}");
    }

    [Fact]
    public void A_text_says_the_same_alone_and_beside_texts_of_another_language_and_length()
    {
        using var clip = Clip.Open(TinyMini.Write(_temporary, "mini"));
        var together = clip.EncodeText(_texts);
        for (var i = 0; i < _texts.Length; i++)
        {
            var alone = clip.EncodeText(_texts[i]);
            for (var k = 0; k < 12; k++) Assert.Equal(alone.Row(0)[k], together.Row(i)[k], 1e-5f);
        }
    }

    [Fact]
    public void Texts_of_many_lengths_are_sorted_into_batches_and_come_back_in_their_order()
    {
        using var clip = Clip.Open(TinyMini.Write(_temporary, "mini"));
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => string.Join(' ', Enumerable.Repeat(i % 3 == 0 ? "猫" : "dog cat", 1 + (i * 7 % 6))))];
        var together = clip.EncodeText(texts);
        for (var i = 0; i < texts.Length; i++)
        {
            var alone = clip.EncodeText(texts[i]);
            for (var k = 0; k < 12; k++) Assert.Equal(alone.Row(0)[k], together.Row(i)[k], 1e-5f);
        }
    }

    [Fact]
    public void Rows_hold_the_ids_of_both_tokenizers_and_the_second_hears_no_Chinese()
    {
        using var clip = Clip.Open(TinyMini.Write(_temporary, "mini"));
        var rows = clip.Tokenize("a cat", "猫");
        Assert.Equal(40, rows.ContextLength);
        Assert.Equal([2L, 2, 4, 5, 7, 7, 3, 8, 0, 3, 0, 0], rows.Ids.ToArray()[..12]);    // [CLS] a cat [SEP] beside [CLS] a ca ##t [SEP]
        Assert.Equal([2L, 2, 12, 3, 3, 0, 0, 0], rows.Ids.ToArray()[40..48]);
        Assert.Throws<Text.ContextOverflowException>(() => clip.Tokenize(string.Join(' ', Enumerable.Repeat("dog", 30))));
    }

    [Fact]
    public void Rows_of_integers_are_read_as_the_numbers_they_stand_for_in_every_program()
    {
        using var _ = no_grad();
        var folder = TinyMini.Write(_temporary, "small", integers: true);
        using var stored = StateDict.Open(folder);
        Assert.DoesNotContain(stored.Tensors.Keys, k => k.StartsWith("nclip.", StringComparison.Ordinal));
        using var clip = Clip.Open(folder);
        using var model = TorchTowerTests.Open(Path.Combine(folder, "open_clip_model.safetensors"), ScalarType.Float32);
        var rows = clip.Tokenize(_texts);
        var graph = tensor(clip.EncodeText(rows).Values.ToArray()).reshape(_texts.Length, -1);
        Assert.True(Tensors.LargestDifference(graph, model.EncodeTexts(tensor(rows.Ids.ToArray()).reshape(_texts.Length, -1))) < 1e-5, "tables that a graph dequantises row by row");
        using var whole = Clip.Open(TinyMini.Write(_temporary, "mini"));
        using var exact = StateDict.Open(Path.Combine(_temporary["mini"], "open_clip_model.safetensors"));
        foreach (var (name, t) in exact.Tensors)
        {
            float[] a = t.ToFloat32(), b = stored.Tensors[name].ToFloat32();
            Assert.Equal(t.Shape, stored.Tensors[name].Shape);
            var most = a.Max(Math.Abs);
            for (var i = 0; i < a.Length; i++) Assert.True(Math.Abs(a[i] - b[i]) <= most / (name.EndsWith("word_embeddings.weight", StringComparison.Ordinal) ? 5 : 250), $"{name}, element {i}: {a[i]} became {b[i]}");
        }
    }

    [Fact]
    public void Exported_again_a_folder_keeps_its_integers()
    {
        using var clip = Clip.Open(TinyMini.Write(_temporary, "small", integers: true));
        clip.Export(_temporary["again"]);
        using var again = Clip.Open(_temporary["again"]);
        Assert.Equal(clip.EncodeText(_texts).Values.ToArray(), again.EncodeText(_texts).Values.ToArray());
        Assert.InRange(new FileInfo(Path.Combine(_temporary["again"], "model.safetensors")).Length, 1, new FileInfo(Path.Combine(_temporary["small"], "open_clip_model.safetensors")).Length + 1000);
    }

    /// <summary>Google's own trunks, the first model's and this one's. The second's weights are stored as float16, hence its wider limits.</summary>
    [Theory]
    [InlineData("mobilenet_v2_1.0_224.safetensors", "mobilenet_v2_1.0_224.expected.safetensors", "images", "_f64", 1e-4, 1e-4)]
    [InlineData("mobilenet_edgetpu_1.0_224.f16.safetensors", "newer.expected.safetensors", null, "", 2e-3, 1e-2)]
    public void A_trunk_has_the_features_and_logits_of_its_makers_weights(string weightFile, string expectedFile, string? images, string suffix, double pooledMost, double logitsMost)
    {
        var (file, expected) = Towers(weightFile, expectedFile);
        using var _ = no_grad();
        using var weights = StateDict.Open(file);
        using var given = StateDict.Open(expected);
        using var store = new ParameterStore();
        store.Load(weights, "visual.trunk.");
        var tensors = new ModelTensors(file, Naming.Timm, weights.Tensors.ToDictionary(t => "visual.trunk." + t.Key, t => new ModelTensor("visual.trunk." + t.Key, t.Value.Shape, [t.Value])));
        var spec = (ClassifiedTrunkSpec)TowerKinds.Image.Infer(tensors);
        var pixels = images is not null ? given.Torch(images) : given.Torch("pixels_u8").to_type(ScalarType.Float32).permute(0, 3, 1, 2).contiguous().Minus(128).Over(127);
        var part = new ImagePart(spec);
        using var session = new PartSession(part, _ => PartGraph.Of(part, tensors), new TowerOptions());
        var pooled = new float[2 * 1280];
        using (var x = PartSession.Value<float>(pixels.data<float>().ToArray(), 2, 3, 224, 224)) session.Run([x], pooled, 2, default);
        IOperators<Tensor> ops = new TorchOperators(store);
        var torch = spec.Pool(ops, ops.Weights["visual"]["trunk"], pixels);
        var logits = ClassMixture.Classify(ops, ops.Weights["visual"]["trunk"], torch);
        void Near(string what, Tensor found, string name, double most)
        {
            var difference = Tensors.LargestDifference(found, given.Torch(name + suffix).to_type(ScalarType.Float32));
            Assert.True(difference < most, $"{what}: {difference}");
        }

        Near("graph", tensor(pooled).reshape(2, -1), "pooled", pooledMost);
        Near("torch", torch, "pooled", pooledMost);
        Near("logits", logits, "logits", logitsMost);
    }

    [Fact]
    public void All_MiniLM_equals_the_vectors_that_its_graph_gave()
    {
        var (file, expected) = Towers("all-MiniLM-L6-v2.f16.safetensors", "newer.expected.safetensors");
        using var given = StateDict.Open(expected);
        using var memory = new NClip.Training.Mini.SentenceMemory(file, file.Replace(".f16.safetensors", ".vocab.txt", StringComparison.Ordinal), _temporary["memory"]);
        string[] texts = [.. Enumerable.Range(0, 4).Select(i => given.Metadata[$"text.{i}"])];
        Assert.True(Tensors.LargestDifference(memory.Of(texts), given.Torch("sentences")) < 1e-3);
        memory.Save();
        using var again = new NClip.Training.Mini.SentenceMemory(file, file.Replace(".f16.safetensors", ".vocab.txt", StringComparison.Ordinal), _temporary["memory"]);
        Assert.Equal(0, Tensors.LargestDifference(memory.Of(texts), again.Of(texts)));
    }

    public void Dispose() => _temporary.Dispose();

    private static (string Weights, string Expected) Towers(string weights, string expected)
    {
        if (Reference.SharedRoot("data/towers") is { } folder) return (Path.Combine(folder, weights), Path.Combine(folder, expected));
        Assert.Skip("../shared/data/towers is not here");
        return default;
    }
}
