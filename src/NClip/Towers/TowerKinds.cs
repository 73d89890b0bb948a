using NClip.Checkpoints;
using NClip.Towers.Image;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;

namespace NClip.Towers;

/// <summary>A kind of tower: how its tensors are told from others', and what their shapes say of it. The rest is in its spec.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Recognise">True where the checkpoint has such a tower.</param>
/// <param name="Infer">Tensors to a spec; what shapes do not show is as the naming's house has it.</param>
internal sealed record TowerKind<TSpec>(string Name, Func<ModelTensors, bool> Recognise, Func<ModelTensors, TSpec> Infer)
    where TSpec : TowerSpec;

/// <summary>All kinds. A new one is two files, a spec and a network, and a row here (docs/architecture.md, "A new kind of tower").</summary>
internal static class TowerKinds
{
    /// <summary>Image towers; the first that recognises a checkpoint is taken.</summary>
    public static IReadOnlyList<TowerKind<ImageTowerSpec>> Image { get; } =
    [
        new("CLIP's ResNet", t => t.Has("visual.layer1.0.conv1.weight"), ModifiedResNetSpec.Infer),
        new("ResNet", t => t.Has("visual.trunk.layer1.0.conv1.weight"), ResNetSpec.Infer),
        new("FastViT", FastViTSpec.Recognise, FastViTSpec.Infer),
        new("ViT with convolutional stem", ConvStemViTSpec.Recognise, ConvStemViTSpec.Infer),
        new("ConvNeXt", t => t.Has("visual.trunk.stages.0.blocks.0.conv_dw.weight"), ConvNextSpec.Infer),
        new("MobileNetEdgeTPU", MobileNetEdgeSpec.Recognise, MobileNetEdgeSpec.Infer),
        new("MobileNetV2", t => t.Has("visual.trunk.conv_stem.bias"), MobileNetV2Spec.Infer),
        new("EfficientNet", t => t.Has("visual.stem.conv.weight"), EfficientNetSpec.Infer),
        new("ViTamin", VitaminSpec.Recognise, VitaminSpec.Infer),
        new("EVA", EvaSpec.Recognise, EvaSpec.Infer),
        new("PE-Core", PerceptionEncoderSpec.Recognise, PerceptionEncoderSpec.Infer),
        new("NaFlex ViT", t => t.Has("visual.map_pool.latent") && t.Has("visual.conv1.weight") && t["visual.conv1.weight"].Shape.Length == 2, NaflexTransformerSpec.Infer),
        new("ViT", t => t.Has("visual.conv1.weight"), VisionTransformerSpec.Infer),
    ];

    /// <summary>Text towers; the first that recognises a checkpoint is taken.</summary>
    public static IReadOnlyList<TowerKind<TextTowerSpec>> Text { get; } =
    [
        new("nclip-mini's with a sentence encoder", SentenceMixSpec.Recognise, SentenceMixSpec.Infer),
        new("BERT", t => t.Has("bert.embeddings.word_embeddings.weight"), BertSpec.Infer),
        new("XLM-RoBERTa with rotary positions", t => t.Has("roberta.embeddings.word_embeddings.weight"), RotaryBertSpec.Infer),
        new("M2M-100's encoder", t => t.Has("m2m.layer_norm.weight"), M2M100Spec.Infer),
        new("T5's encoder", t => t.Has("t5.relative_attention_bias.weight"), T5Spec.Infer),
        new("nclip-mini's", t => t.Has("bigram_embedding.weight"), BagTransformerSpec.Infer),
        new("MobileCLIP's transformer", MobileTransformerSpec.Recognise, MobileTransformerSpec.Infer),
        new("CLIP's transformer", t => t.Has("token_embedding.weight"), TextTransformerSpec.Infer),
    ];

    /// <summary>The tower that a checkpoint's tensors are.</summary>
    /// <exception cref="CheckpointException">They are none of these.</exception>
    public static TSpec Infer<TSpec>(this IReadOnlyList<TowerKind<TSpec>> kinds, ModelTensors t)
        where TSpec : TowerSpec =>
        kinds.FirstOrDefault(k => k.Recognise(t)) is { } kind ? kind.Infer(t) : throw new CheckpointException(t.File,
            $"has no {(typeof(TSpec) == typeof(ImageTowerSpec) ? "image" : "text")} tower of a kind that NClip reads ({t.Naming} naming was recognised): {string.Join(", ", kinds.Select(k => k.Name))}. The file is incomplete or another model's.");
}
