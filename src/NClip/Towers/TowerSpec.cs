using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;

namespace NClip.Towers;

/// <summary>A tower: what it is made of.</summary>
internal abstract record TowerSpec
{
    /// <summary>For people: "ViT-B/32" and the like.</summary>
    public abstract string Title { get; }

    /// <summary>The last step.</summary>
    public required ProjectionSpec Projection { get; init; }

    /// <summary>Width of the features.</summary>
    public int FeatureWidth => Projection.Out;

    /// <summary>Why no tower can have these numbers, in words; null where they fit each other. Asked before anything is made of them.</summary>
    public abstract string? Misfit { get; }

    /// <summary>Every tensor the tower consists of, by canonical name.</summary>
    public abstract IEnumerable<ExpectedTensor> Tensors();

    /// <summary>The tensors as the network takes them, where a checkpoint holds what they are made of.</summary>
    public virtual ModelTensors Derive(ModelTensors tensors) => tensors;
}

/// <summary>An image tower: pixels [N, 3, H, W] -> features [N, D].</summary>
/// <param name="Height">Input height in pixels.</param>
/// <param name="Width">Input width in pixels.</param>
internal abstract record ImageTowerSpec(int Height, int Width) : TowerSpec
{
    /// <summary>Side of the pictures of most towers, for those whose shapes do not show it.</summary>
    protected const int UsualSize = 224;

    /// <inheritdoc/>
    public override string? Misfit => Height < 1 || Width < 1 ? $"pictures of {Width} x {Height} pixels" : null;

    /// <summary>Side in pixels of the patches that the tower takes in place of pictures; null where it takes pictures.</summary>
    public virtual int? PatchInput => null;

    /// <summary>What goes in where the tower runs by itself.</summary>
    public virtual IReadOnlyList<PartValue> Inputs => [new("pixels", false, "N", 3, Height, Width)];

    /// <summary>The network over values in the order of <see cref="Inputs"/>: [N, D].</summary>
    public virtual T Build<T>(IOperators<T> ops, Scope<T> w, IReadOnlyList<T> inputs)
        where T : class => Build(ops, w, inputs[0]);

    /// <summary>The network over pictures of the tower's own size.</summary>
    /// <param name="ops">Whose operators.</param>
    /// <param name="w">The tensors under <c>visual</c>.</param>
    /// <param name="pixels">[N, 3, H, W], normalised.</param>
    /// <returns>[N, D].</returns>
    public abstract T Build<T>(IOperators<T> ops, Scope<T> w, T pixels)
        where T : class;

    /// <summary>What open_clip's vision_cfg says beyond the size of the input, for towers of its own.</summary>
    public virtual ImageTowerSpec WithOpenClip(OpenClipSection c) => this;

    /// <summary>What a timm model's name and timm_model_kwargs say.</summary>
    public virtual ImageTowerSpec WithTimm(ConfigSection c, string name) => this;

    /// <summary>What Apple's configuration of a MobileCLIP says beyond the size of the input: the width of the text tower's attention heads, which a ViT beside it has too.</summary>
    public virtual ImageTowerSpec WithMobileClip(int headWidth) => this;

    /// <summary>What transformers' vision_config says.</summary>
    public virtual ImageTowerSpec WithHuggingFace(HuggingFaceSection c) => this;
}

/// <summary>A text tower: token ids [N, L] -> features [N, D].</summary>
/// <param name="Vocabulary">Number of token ids.</param>
/// <param name="Context">Longest row.</param>
internal abstract record TextTowerSpec(int Vocabulary, int Context) : TowerSpec
{
    /// <summary>The tensor [V, W] whose rows the token ids are.</summary>
    public virtual string TokenTable => "token_embedding.weight";

    /// <summary>Ids below this may stand at any place of a row; some towers have places that know more.</summary>
    public virtual int CommonVocabulary => Vocabulary;

    /// <summary>The id whose tokens nobody looks at; null where every position counts.</summary>
    public virtual int? MaskedId => null;

    /// <summary>The special ids that go with such a tower, unless its family says otherwise.</summary>
    public abstract ContextSpec UsualContext { get; }

    /// <summary>How many leading tokens of a row decide its feature; what follows cannot change it and is not computed.</summary>
    public abstract int UsedLength(ReadOnlySpan<long> row);

    /// <summary>A number by which rows are sorted before they are cut into batches, so that few places are padding; null where they stay in their order.</summary>
    public virtual int? Order(ReadOnlySpan<long> row) => null;

    /// <summary>The network.</summary>
    /// <param name="ops">Whose operators.</param>
    /// <param name="w">All tensors.</param>
    /// <param name="ids">[N, L].</param>
    /// <returns>[N, D].</returns>
    public abstract T Build<T>(IOperators<T> ops, Scope<T> w, T ids)
        where T : class;

    /// <summary>What open_clip's text_cfg says.</summary>
    public virtual TextTowerSpec WithOpenClip(OpenClipSection c) => this;

    /// <summary>What the text_cfg of Apple's MobileCLIP says.</summary>
    public virtual TextTowerSpec WithMobileClip(ConfigSection c) => this;

    /// <summary>What transformers' text_config says.</summary>
    public virtual TextTowerSpec WithHuggingFace(HuggingFaceSection c) => this;
}
