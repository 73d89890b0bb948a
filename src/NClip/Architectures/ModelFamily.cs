using NClip.Configuration;
using NClip.Images;
using NClip.Text;
using NClip.Towers;
using NClip.Towers.Image;
using NClip.Towers.Image.Convolutional;

namespace NClip.Architectures;

/// <summary>Models that were made alike: how they are told from others, what their logits are, what their configurations leave out. The towers tell themselves (<see cref="TowerKinds"/>).</summary>
/// <param name="Name">For people.</param>
/// <param name="Type">model_type in configurations of transformers; null where it knows no such model.</param>
internal sealed record ModelFamily(string Name, string? Type = null)
{
    /// <summary>True where a checkpoint's tensors are such a model's; asked where no configuration names the type.</summary>
    public Func<ModelTensors, bool> Recognise { get; init; } = _ => false;

    /// <summary>What exp(logit_scale)·cosine means.</summary>
    public LogitKind Logits { get; init; }

    /// <summary>Cosines are divided by a stored temperature; else multiplied by exp(logit_scale).</summary>
    public bool HasTemperature { get; init; }

    /// <summary>What transformers' configurations of the family mean and leave out.</summary>
    public HuggingFaceRules Rules { get; init; } = new();

    /// <summary>Image preprocessing where nothing else is said.</summary>
    public Func<PreprocessSpec, PreprocessSpec> Preprocess { get; init; } = p => p;

    /// <summary>Special ids of its texts where no tokenizer is there to say them; the configuration is null where there is none of transformers.</summary>
    public Func<TextTowerSpec, HuggingFaceSection?, ContextSpec> Context { get; init; } = (t, _) => t.UsualContext;

    /// <summary>All families. Where several recognise a checkpoint, the first is taken.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        Siglip("SigLIP", "siglip", t => t.Vocabulary > 100_000), // fixed resolutions of SigLIP 2 say siglip too
        Siglip("SigLIP 2", "siglip2", _ => true),
        new("ALIGN", "align")
        {
            Recognise = t => t.Has("temperature"),
            HasTemperature = true,
            Rules = new("gelu", 1e-12) { TextLength = 64 },
            Preprocess = p => p with { Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.5f, 0.5f], Resize = ResizeMode.Squash },
        },
        new("AltCLIP", "altclip") { Recognise = t => t.Has("bert.transformation.weight"), Rules = new() { TextLength = 77 } },
        new("jina-clip", "jina_clip") { Recognise = t => t.Has("roberta.emb_ln.weight"), Rules = new() { TextLength = 8192 } },
        new("Chinese-CLIP", "chinese_clip") { Recognise = t => t.Naming == Naming.ChineseClip },
        new("MetaCLIP 2", "metaclip_2") // its vocabulary is XLM-V's (transformers, MetaClip2TextConfig)
        {
            Rules = new() { TwoIsLargest = false, EndId = 2 },
            Context = (t, c) => new(t.Context, c?.Int("bos_token_id", ConfigRange.Id) ?? 0, c?.Int("eos_token_id", ConfigRange.Id) ?? 2, c?.Int("pad_token_id", ConfigRange.Id) ?? 1),
        },
        new("MobileCLIP")
        {
            Recognise = t => FastViTSpec.Recognise(t) ? t.CountBlocks("visual.trunk.stages.") < 5 : ConvStemViTSpec.Recognise(t),
            Preprocess = p => p with { Mean = [0, 0, 0], Std = [1, 1, 1], Interpolation = Interpolation.Bilinear },
        },
        new("MobileCLIP2 of five stages") { Recognise = FastViTSpec.Recognise, Preprocess = p => p with { Interpolation = Interpolation.Bilinear } }, // S3, S4
        new("PE-Core") // Meta's Perception Encoder
        {
            Recognise = Towers.Image.PerceptionEncoderSpec.Recognise,
            Preprocess = p => p with { Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.5f, 0.5f], Resize = ResizeMode.Squash, Interpolation = Interpolation.Bilinear },
        },
        new("CLIP", "clip") { Recognise = _ => true },
    ];

    /// <summary>SigLIP and SigLIP 2, whose texts are filled with 0 where the vocabulary is Gemma's.</summary>
    private static ModelFamily Siglip(string name, string type, Func<TextTowerSpec, bool> gemma) => new(name, type)
    {
        Recognise = t => t.Has("logit_bias"),
        Logits = LogitKind.Sigmoid,
        Rules = new("gelu_pytorch_tanh", 1e-6) { PoolsLast = true },
        Preprocess = p => p with { Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.5f, 0.5f], Resize = ResizeMode.Squash },
        Context = (t, _) => t is Towers.Text.TextTransformerSpec { Causal: false } ? new(t.Context, null, 1, gemma(t) ? 0 : 1) : t.UsualContext,
    };

    /// <summary>What transformers calls the families that are read.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. All.Select(f => f.Type).OfType<string>()];

    /// <summary>The family that a configuration names, or that the tensors show.</summary>
    public static ModelFamily Of(ModelTensors t, string? type = null) => All.FirstOrDefault(f => type is not null && f.Type == type) ?? All.First(f => f.Recognise(t));
}
