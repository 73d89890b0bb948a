using static TorchSharp.torch;

namespace NClip.Training.Towers;

/// <summary>Image head: linear map of [sqrt(softmax over the 1000 classes), pooled features, square-rooted and of length 1] to the shared space.</summary>
/// <remarks>
/// The first part says what the trunk's classifier believes, so a class's name can be learnt without a picture of it ;
/// the second says what it saw, so things that are none of the classes have a place too. Square roots of distributions have length 1 and Hellinger's geometry.
/// </remarks>
internal sealed class ClassMixtureHead(ParameterStore weights, string prefix)
{
    /// <summary>ImageNet's classes, the background left out.</summary>
    public const int Classes = 1000;

    /// <summary>Pooled features [N, 1280] and logits [N, 1001] to the two parts [N, 1000], [N, 1280].</summary>
    public static (Tensor Mixture, Tensor Pooled) Describe(Tensor pooled, Tensor logits)
    {
        var mixture = nn.functional.softmax(logits.narrow(1, 1, Classes), 1).clamp_min(1e-12).sqrt();
        return (mixture, nn.functional.normalize(pooled.clamp_min(1e-12).sqrt(), dim: 1));
    }

    /// <summary>The two parts to embeddings [N, D], not normalised.</summary>
    public Tensor Forward(Tensor mixture, Tensor pooled)
        => mixture.matmul(weights[$"{prefix}class_proj.weight"].t()) + pooled.matmul(weights[$"{prefix}proj.weight"].t());

    /// <summary>Adds fresh weights.</summary>
    public static void Initialize(ParameterStore store, string prefix, int embed, Generator generator)
    {
        store.Add($"{prefix}class_proj.weight", randn([embed, Classes], generator: generator) * 0.03);
        store.Add($"{prefix}proj.weight", randn([embed, MobileNetV2.Width], generator: generator) * 0.03);
    }
}
