using NClip.Checkpoints;
using NClip.Tests;
using NClip.Towers;
using NClip.Towers.Text;
using NClip.Training.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Operators;

/// <summary>The embedded model says as an ONNX graph and on torch tensors what it said when its weights were committed.</summary>
public sealed class EmbeddedModelTests : IDisposable
{
    private static readonly string _folder = Path.Combine(Reference.Root, "models", "nclip-mini");

    private readonly StateDict _expected = StateDict.Open(Reference.Path("nclip-mini/expected.safetensors"));
    private readonly Clip _clip = Clip.Open(_folder);
    private readonly TorchModel _model = TorchTowerTests.Open(Path.Combine(_folder, "open_clip_model.safetensors"), ScalarType.Float32);

    private SentenceMixSpec Text => (SentenceMixSpec)_model.Spec.Text;

    [Fact]
    public void Text_features_equal_the_recorded_ones()
    {
        using var _ = no_grad();
        var rows = _clip.Tokenize("a photo of a cat", "一张苹果的照片。", "two dogs run along the beach with a red ball", "{}");
        Near("graph", tensor(_clip.EncodeText(rows).Values.ToArray()), "text_features");
        Near("torch", _model.EncodeTexts(tensor(rows.Ids.ToArray()).reshape(4, -1)), "text_features");
    }

    [Fact]
    public void Image_features_equal_the_recorded_ones()
    {
        using var _ = no_grad();
        var images = _clip.Preprocess([.. new[] { "chelsea.png", "coffee.png", "rocket.jpg" }.Select(f => Path.Combine(Reference.Root, "samples", f))]);
        Near("graph", tensor(_clip.EncodeImage(images).Values.ToArray()), "image_features");
        Near("torch", _model.EncodeImages(tensor(images.Pixels.ToArray()).reshape(3, 3, images.Height, images.Width)), "image_features");
    }

    [Fact]
    public void Padding_changes_nothing_and_the_order_of_words_does()
    {
        using var _ = no_grad();
        var exact = Words([2, 100, 110, 120, 3]);
        var padded = Words([2, 100, 110, 120, 3, 0, 0, 0, 0]);
        var turned = Words([2, 120, 110, 100, 3]);
        Assert.True(Tensors.LargestDifference(exact, padded) < 1e-5);
        Assert.True(Tensors.LargestDifference(exact, turned) > 1e-3);
        Assert.True(Words([2, 3]).isfinite().all().item<bool>(), "a row without words");
    }

    [Fact]
    public void Rows_of_a_table_taken_once_give_the_same_features_and_gradients()
    {
        long[] ids = [2, 100, 110, 3, 2, 120, 100, 3];
        (Tensor Features, Tensor Gradient) Run(bool gather)
        {
            var ops = new TorchOperators(_model.Weights);
            if (gather) ops.Gather("token_embedding.weight", ids);
            if (gather) ops.Gather("bigram_embedding.weight", [.. Text.Words.PairIds(ids, 4)]);
            var features = BagTransformer.Build(ops, Text.Words, ((IOperators<Tensor>)ops).Weights, tensor(ids).reshape(2, 4));
            (features * features).sum().backward();
            var table = _model.Weights["token_embedding.weight"];
            var gradient = table.grad!.clone();
            table.grad!.zero_();
            return (features.detach(), gradient);
        }
        var (one, other) = (Run(false), Run(true));
        Assert.True(Tensors.LargestDifference(one.Features, other.Features) < 1e-6);
        Assert.True(Tensors.LargestDifference(one.Gradient, other.Gradient) < 1e-5);
    }

    public void Dispose()
    {
        _model.Dispose();
        _clip.Dispose();
        _expected.Dispose();
    }

    /// <summary>What the words' half of the text tower says of one row.</summary>
    private Tensor Words(long[] row)
    {
        IOperators<Tensor> ops = new TorchOperators(_model.Weights);
        return BagTransformer.Build(ops, Text.Words, ops.Weights, tensor(row).reshape(1, -1));
    }

    private void Near(string what, Tensor actual, string name)
    {
        var off = Tensors.LargestDifference(actual.flatten(), _expected.Torch(name).flatten());
        Assert.True(off < 1e-4, $"{what}: {name} differ by {off:g3}");
    }
}
