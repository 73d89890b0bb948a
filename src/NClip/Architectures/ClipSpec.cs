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
    internal ClipSpec(ModelFamily family, int embedDim, PreprocessSpec preprocess, ContextSpec usualContext, ImageTowerSpec image, TextTowerSpec text) =>
        (Family, EmbedDim, Preprocess, UsualContext, Image, Text) = (family, embedDim, preprocess, usualContext, image, text);

    /// <summary>Width of the features of both towers.</summary>
    public int EmbedDim { get; internal init; }

    /// <summary>What exp(logit_scale)·cosine (+ logit_bias) means.</summary>
    public LogitKind Logits => Family.Logits;

    /// <summary>How pictures become the image tower's input.</summary>
    public PreprocessSpec Preprocess { get; internal init; }

    /// <summary>
    /// How texts become the text tower's input. The length is the tower's; the special ids are those of the tokenizer in the model's folder, which is read
    /// when this is first asked; where there is none, those of the model's family.
    /// </summary>
    /// <exception cref="TokenizerException">The tokenizer's files are broken, or not this model's.</exception>
    public ContextSpec Context => Tokenizer is { } t && HasTextTower ? t.Value.Context : UsualContext;

    /// <summary>Longest row of token ids that the text tower takes.</summary>
    public int ContextLength => Text.Context;

    /// <summary>Token ids that the text tower knows: 0 to this, exclusive.</summary>
    public int VocabularySize => Text.Vocabulary;

    /// <summary>The image tower in a few words.</summary>
    public string ImageTower => Image.Title;

    /// <summary>The text tower in a few words.</summary>
    public string TextTower => Text.Title;

    /// <summary>The family that its tensors or its configuration show: CLIP, SigLIP, ...</summary>
    public string FamilyName => Family.Name;

    /// <summary>False for a folder that was written with the text tower alone.</summary>
    public bool HasImageTower => Image is not AbsentImageTower;

    /// <summary>False for a folder that was written with the image tower alone.</summary>
    public bool HasTextTower => Text is not AbsentTextTower;

    internal ModelFamily Family { get; init; }

    /// <summary>The networks that run by themselves.</summary>
    internal IReadOnlyList<ModelPart> Parts => [.. HasImageTower ? [new ImagePart(Image)] : Array.Empty<ModelPart>(), .. HasTextTower ? [new TextPart(Text)] : Array.Empty<ModelPart>()];

    /// <summary>The rows of the model's family.</summary>
    internal ContextSpec UsualContext { get; init; }

    /// <summary>The tokenizer in the model's folder; null where the spec was made without one.</summary>
    internal Lazy<TextPipeline>? Tokenizer { get; init; }

    /// <summary>Texts to the text tower's rows.</summary>
    internal TextPipeline Texts => Tokenizer!.Value;

    /// <summary>Throws where a tower is asked for that was left out when the model was written.</summary>
    /// <param name="part">The tower, by its part's name.</param>
    /// <param name="file">For the message.</param>
    /// <exception cref="ClipException">It was.</exception>
    internal void Need(string part, string file)
    {
        if (part == ImagePart.Key ? HasImageTower : HasTextTower) return;
        throw new ClipException($"has no {part} tower: it was written with the {(HasImageTower ? ImagePart.Key : TextPart.Key)} tower alone. Take the model that it was exported from, or export it with both.", file);
    }

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
