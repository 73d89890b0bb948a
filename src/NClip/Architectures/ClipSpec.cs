using NClip.Images;
using NClip.Text;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>What a model's logits are.</summary>
public enum LogitKind
{
    /// <summary>A softmax over labels makes them a distribution (CLIP).</summary>
    Softmax,

    /// <summary>A sigmoid makes each one a probability of its own (SigLIP).</summary>
    Sigmoid,
}

/// <summary>Everything about a model but its weights: towers, image preprocessing, text context.</summary>
public sealed record ClipSpec
{
    internal ClipSpec(ModelFamily family, int embedDim, PreprocessSpec preprocess, ContextSpec context, ImageTowerSpec image, TextTowerSpec text) =>
        (Family, EmbedDim, Preprocess, Context, Image, Text) = (family, embedDim, preprocess, context, image, text);

    /// <summary>Width of the features of both towers.</summary>
    public int EmbedDim { get; internal init; }

    /// <summary>What exp(logit_scale)·cosine (+ logit_bias) means.</summary>
    public LogitKind Logits => Family.Logits;

    /// <summary>How pictures become the image tower's input.</summary>
    public PreprocessSpec Preprocess { get; internal init; }

    /// <summary>How texts become the text tower's input.</summary>
    public ContextSpec Context { get; internal init; }

    /// <summary>Token ids that the text tower knows: 0 up to this number.</summary>
    public int Vocabulary => Text.Vocabulary;

    /// <summary>The image tower in a few words.</summary>
    public string ImageTower => Image.Title;

    /// <summary>The text tower in a few words.</summary>
    public string TextTower => Text.Title;

    internal ModelFamily Family { get; init; }

    /// <summary>The networks that run by themselves.</summary>
    internal IReadOnlyList<ModelPart> Parts => [new ImagePart(Image), new TextPart(Text)];

    internal ImageTowerSpec Image { get; init; }

    internal TextTowerSpec Text { get; init; }

    /// <summary>Every tensor of the model, by canonical name.</summary>
    internal IEnumerable<ExpectedTensor> Tensors() =>
    [
        .. Parts.SelectMany(p => p.Tensors()),
        new(Family.HasTemperature ? "temperature" : "logit_scale", []),
        .. Logits == LogitKind.Sigmoid ? [new ExpectedTensor("logit_bias", [])] : Array.Empty<ExpectedTensor>(),
    ];
}
