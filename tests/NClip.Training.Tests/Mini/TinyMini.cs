using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Tests;
using NClip.Tests.Inference;
using NClip.Towers.Blocks;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;

namespace NClip.Training.Tests.Mini;

/// <summary>A folder like nclip-mini's with tiny towers: MobileNetEdgeTPU, words and a sentence encoder. The weights are a formula of their names.</summary>
internal static class TinyMini
{
    private static readonly string[] _words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "photo", "of", "cat", "dog", ".", "一", "张", "猫", "的", "照", "片", "。"];
    private static readonly string[] _sentence = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "photo", "a", "of", "ca", "##t", "dog", "."];

    private const int Features = 12;

    /// <summary>Numbers of the text tower whose row places differ between the two tokenizers.</summary>
    public static SentenceMixSpec Text { get; } = new(
        new BagTransformerSpec(_words.Length, 20, 1, new TransformerBlockSpec(64, 2, 16, Activation.Gelu, 1e-5f), 31, 8) { Projection = new(ProjectionKind.Linear, 64, Features) },
        new BertSpec(_sentence.Length, 20, 2, 64, 2, 24) { Positions = 24, Pooling = EncoderPooling.Mean, Projection = new(ProjectionKind.None, 64, 64) }, 10)
    { Projection = new(ProjectionKind.None, Features, Features) };

    private static MobileNetEdgeSpec Image { get; } = new(32, 32, 8,
    [
        new(EdgeBlockKind.Narrowing, 8, 8, 4, 1, 1, false),
        .. Enumerable.Range(1, 8).Select(i => new EdgeBlock(EdgeBlockKind.Fused, i == 1 ? 4 : 6, 10, 6, 3, i is 1 or 5 ? 2 : 1, i is not (1 or 5))),
        .. Enumerable.Range(9, 13).Select(i => new EdgeBlock(EdgeBlockKind.Depthwise, 6, 12, i == 21 ? 8 : 6, i is > 16 and < 21 ? 5 : 3, i is 9 or 17 ? 2 : 1, i is not (9 or 13 or 17 or 21))),
    ], 16)
    { Classes = 10, Projection = new(ProjectionKind.Linear, 16, Features) };

    /// <summary>Writes the folder; with <paramref name="integers"/>, matrices and tables as rows of integers, the sentence encoder's table in half bytes.</summary>
    public static string Write(TemporaryFolder to, string name, bool integers = false)
    {
        var folder = Directory.CreateDirectory(to[name]).FullName;
        IEnumerable<(string Name, long[] Shape)> all =
        [
            .. Image.Tensors().Select(t => t.Name == "visual.proj" ? ("visual.head.proj.weight", [t.Shape[1], t.Shape[0]]) : (t.Name, t.Shape)),
            .. Text.Tensors().Select(t => ("text." + t.Name, t.Shape)), ("logit_scale", []),
        ];
        Safetensors.Write(Path.Combine(folder, "open_clip_model.safetensors"), all.SelectMany(t => Stored(t.Name, t.Shape, integers)));
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), _words);
        File.WriteAllLines(Path.Combine(folder, "sentence_vocab.txt"), _sentence);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"tokenizer_class": "BertTokenizer", "do_lower_case": true}""");
        File.WriteAllText(Path.Combine(folder, "open_clip_config.json"), $$"""
            {"model_cfg": {"embed_dim": {{Features}}, "vision_cfg": {"timm_model_name": "mobilenet_edgetpu_100", "timm_proj": "class_mixture", "image_size": 32},
             "text_cfg": {"context_length": 20, "vocab_size": {{_words.Length}}, "heads": 2, "bigrams": 31, "tokenizer": "wordpiece", "sentence_heads": 2} },
             "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]} }
            """);
        return folder;
    }

    private static IEnumerable<(string, TensorType, long[], ReadOnlyMemory<byte>)> Stored(string name, long[] shape, bool integers)
    {
        var (hash, values) = (FormulaWeights.Hash(name), new float[shape.Aggregate(1L, (a, b) => a * b)]);
        var fan = shape.Length < 2 || name.Contains("embedding", StringComparison.Ordinal) ? 4 : shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        var (offset, scale) = name.EndsWith(".cap", StringComparison.Ordinal) ? (1.5f, 0.2f) : name == "logit_scale" ? (2.5f, 0f) : (0f, (float)Math.Sqrt(3.0 / fan));
        if (offset == 0 && name.StartsWith("visual.trunk", StringComparison.Ordinal)) scale = shape.Length == 1 ? 0.1f : (float)Math.Sqrt(6.0 / fan); // what is left after ReLU stays as large
        for (var i = 0; i < values.Length; i++) values[i] = offset + (scale * FormulaWeights.Uniform(hash, (ulong)i));
        return integers && shape.Length > 1
            ? RowIntegers.Stored(name, values, shape, four: name.EndsWith("word_embeddings.weight", StringComparison.Ordinal))
            : [(name, TensorType.Float32, shape, (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(values.AsSpan()).ToArray())];
    }
}
