using NClip.Checkpoints;
using NClip.Training.Towers;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Towers;

/// <summary>The embedded model says the same as an ONNX graph and as the modules it was trained with.</summary>
public sealed class EmbeddedModelTests
{
    private static readonly string _folder = Path.Combine(NClip.Tests.Reference.Root, "models", "nclip-mini");

    [Fact]
    public void Text_features_of_the_graph_equal_those_of_the_trained_modules()
    {
        using var clip = Clip.Open(_folder);
        using var store = Store();
        string[] texts = ["a photo of a cat", "一张苹果的照片。", "two dogs run along the beach with a red ball", "{}"];
        var rows = clip.Tokenize(texts);
        var tower = new TextTower(store, "text.", Spec(store));
        var expected = tower.Forward([.. Enumerable.Range(0, texts.Length).Select(i => Row(rows.Ids.Span.Slice(i * rows.ContextLength, rows.ContextLength)))]);
        Near(expected, clip.EncodeText(rows));
    }

    [Fact]
    public void Image_features_of_the_graph_equal_those_of_the_trained_modules()
    {
        using var clip = Clip.Open(_folder);
        using var store = Store();
        var images = clip.Preprocess([.. new[] { "chelsea.png", "coffee.png", "rocket.jpg" }.Select(f => Path.Combine(NClip.Tests.Reference.Root, "samples", f))]);
        var trunk = new MobileNetV2(store, "visual.trunk.");
        var pooled = trunk.Forward(tensor(images.Pixels.ToArray()).reshape(3, 3, images.Height, images.Width));
        var (mixture, seen) = ClassMixtureHead.Describe(pooled, trunk.Classify(pooled));
        Near(new ClassMixtureHead(store, "visual.head.").Forward(mixture, seen), clip.EncodeImage(images));
    }

    private static ParameterStore Store()
    {
        var store = new ParameterStore();
        using var file = StateDict.Open(Path.Combine(_folder, "open_clip_model.safetensors"));
        store.Load(file);
        return store;
    }

    private static TextTowerSpec Spec(ParameterStore store) => new((int)store["text.token_embedding.weight"].shape[0],
        Layers: store.Names.Count(n => n.StartsWith("text.transformer.resblocks.", StringComparison.Ordinal) && n.EndsWith("ln_1.weight", StringComparison.Ordinal)));

    private static int[] Row(ReadOnlySpan<long> ids) => [.. ids[..(ids.LastIndexOfAnyExcept(0) + 1)].ToArray().Select(i => (int)i)];

    private static void Near(Tensor expected, Matrix actual)
    {
        var want = expected.data<float>().ToArray();
        Assert.Equal(want.Length, actual.Values.Length);
        for (var i = 0; i < want.Length; i++) Assert.True(Math.Abs(want[i] - actual.Values[i]) < 1e-4, $"value {i} is {actual.Values[i]:R}, expected {want[i]:R}");
    }
}
