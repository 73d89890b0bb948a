using NClip.Training.Tokenizers;
using NClip.Training.Towers;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>nclip-mini: trunk, class-mixture head, text tower, logit scale.</summary>
internal sealed class MiniModel
{
    private readonly RowEncoder _encoder;

    public MiniModel(ParameterStore store, TextTowerSpec spec, IReadOnlyList<string> vocabulary)
    {
        (Store, Spec, Vocabulary) = (store, spec, vocabulary);
        Trunk = new MobileNetV2(store, "visual.trunk.");
        Head = new ClassMixtureHead(store, "visual.head.");
        Text = new TextTower(store, "text.", spec);
        _encoder = new RowEncoder(vocabulary, spec.Context);
    }

    public ParameterStore Store { get; }
    public TextTowerSpec Spec { get; }
    public IReadOnlyList<string> Vocabulary { get; }
    public MobileNetV2 Trunk { get; }
    public ClassMixtureHead Head { get; }
    public TextTower Text { get; }

    /// <summary>Adds fresh weights of everything but the trunk.</summary>
    public static void Initialize(ParameterStore store, TextTowerSpec spec, int seed)
    {
        var g = new Generator((ulong)seed);
        ClassMixtureHead.Initialize(store, "visual.head.", spec.Embed, g);
        TextTower.Initialize(store, "text.", spec, g);
        store.Add("logit_scale", tensor(MathF.Log(20)));
    }

    /// <summary>Embeddings of length 1, [N, D], of a head's two parts.</summary>
    public Tensor EmbedImages(Tensor mixture, Tensor pooled, double dropout = 0)
    {
        if (dropout > 0) (mixture, pooled) = (nn.functional.dropout(mixture, dropout), nn.functional.dropout(pooled, dropout));
        return nn.functional.normalize(Head.Forward(mixture, pooled), dim: 1);
    }

    /// <summary>Embeddings of length 1, [N, D], of texts.</summary>
    public Tensor EmbedTexts(IEnumerable<string> texts) => EmbedRows([.. texts.Select(Row)]);

    /// <summary>A text's ids.</summary>
    public int[] Row(string text) => _encoder.Encode(text);

    /// <summary>Embeddings of length 1, [N, D], of rows of ids.</summary>
    public Tensor EmbedRows(int[][] rows)
    {
        var (tokens, pairs) = TextTower.Gather(rows, Spec);
        var tables = Text.Tables(tokens.Ids, pairs.Ids);
        // Rows of like length together, so that few places are padding.
        var order = Enumerable.Range(0, rows.Length).OrderBy(i => rows[i].Length).ToArray();
        var parts = order.Chunk(Math.Max(64, (rows.Length + 3) / 4)).Select(part => Text.Forward(tables, [.. part.Select(i => rows[i])], tokens, pairs)).ToList();
        var back = new long[rows.Length];
        for (var i = 0; i < order.Length; i++) back[order[i]] = i;
        return nn.functional.normalize(cat(parts, 0).index_select(0, tensor(back)), dim: 1);
    }

    /// <summary>Keeps exp(logit_scale) at 100 or less, as CLIP does.</summary>
    public void ClampScale()
    {
        using var _ = no_grad();
        Store["logit_scale"].clamp_(max: Math.Log(100));
    }
}
