using NClip.Architectures;
using NClip.Text;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Measuring;

/// <summary>A model on torch tensors, as evaluations see it.</summary>
internal sealed class TorchEncoder(TorchModel model) : IFeatureEncoder
{
    /// <inheritdoc/>
    public ClipSpec Spec => model.Spec;

    /// <inheritdoc/>
    public float[] EncodeImages(ReadOnlyMemory<float> pixels, int count) =>
        Unit(() => model.EncodeImages(tensor(pixels.ToArray()).reshape(count, 3, Spec.Image.Height, Spec.Image.Width)));

    /// <inheritdoc/>
    public float[] EncodeTexts(IReadOnlyList<string> texts) =>
        Unit(() => model.EncodeTexts(tensor(Spec.Texts.Tokenize(texts, ContextOverflow.Truncate)).reshape(texts.Count, -1)));

    private static float[] Unit(Func<Tensor> features)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return nn.functional.normalize(features(), dim: 1).data<float>().ToArray();
    }
}
