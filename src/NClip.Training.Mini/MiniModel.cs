using NClip.Foundation;
using NClip.Towers;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;
using NClip.Training.Operators;
using NClip.Training.Tokenizers;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>A text as both sources of the text tower get it.</summary>
/// <param name="Row">Ids for the words' tower.</param>
/// <param name="Sentence">For the sentence encoder; null where there is none, or the text has Chinese characters.</param>
internal sealed record MiniText(int[] Row, string? Sentence);

/// <summary>nclip-mini: trunk, class-mixture head, text tower, logit scale. The towers are the library's pages.</summary>
internal sealed class MiniModel
{
    private readonly RowEncoder _encoder;
    private readonly ClassifiedTrunkSpec _trunk;
    private readonly Dictionary<string, float[]> _words = new(StringComparer.Ordinal);

    public MiniModel(ParameterStore store, BagTransformerSpec spec, IReadOnlyList<string> vocabulary)
    {
        (Store, Spec, Vocabulary) = (store, spec, vocabulary);
        _trunk = MiniSpec.Trunk(store);
        _encoder = new RowEncoder(vocabulary, spec.Context);
    }

    public ParameterStore Store { get; }
    public BagTransformerSpec Spec { get; }
    public IReadOnlyList<string> Vocabulary { get; }

    /// <summary>The sentence encoder beside the words' tower, which then stands still too; null for words alone.</summary>
    public SentenceMemory? Sentences { get; init; }

    /// <summary>English sentences around names by which the model is measured and used: the sentence encoder costs ten times the words' tower, so it hears fewer.</summary>
    public string[] EnglishTemplates => Sentences is null ? MiniEvaluator.EnglishTemplates : MiniEvaluator.ShortTemplates;

    private IOperators<Tensor> Operators => new TorchOperators(Store);

    private Scope<Tensor> Visual => Operators.Weights["visual"];

    /// <summary>Adds fresh weights of everything but the trunk.</summary>
    public static void Initialize(ParameterStore store, BagTransformerSpec spec, int seed)
    {
        using var scope = NewDisposeScope();
        var g = new Generator((ulong)seed);
        MiniSpec.InitializeHead(store, g);
        MiniSpec.InitializeText(store, spec, g);
        store.Add("logit_scale", tensor(MathF.Log(20)));
    }

    /// <summary>Pixels [N, 3, S, S] to pooled features [N, 1280].</summary>
    public Tensor Pool(Tensor pixels) => _trunk.Pool(Operators, Visual["trunk"], pixels);

    /// <summary>Pooled features to logits [N, 1001], 0 = background.</summary>
    public Tensor Classify(Tensor pooled) => ClassMixture.Classify(Operators, Visual["trunk"], pooled);

    /// <summary>The head's two inputs.</summary>
    public (Tensor Mixture, Tensor Pooled) Describe(Tensor pooled, Tensor logits) => ClassMixture.Describe(Operators, _trunk, pooled, logits);

    /// <summary>Embeddings of length 1, [N, D], of a head's two parts.</summary>
    public Tensor EmbedImages(Tensor mixture, Tensor pooled, double dropout = 0)
    {
        if (dropout > 0) (mixture, pooled) = (nn.functional.dropout(mixture, dropout), nn.functional.dropout(pooled, dropout));
        var (ops, head) = (Operators, Visual["head"]);
        return nn.functional.normalize(ops.Linear(mixture, head["class_proj"]["weight"], null).Plus(ops.Linear(pooled, head["proj"]["weight"], null)), dim: 1);
    }

    /// <summary>Embeddings of length 1, [N, D], of texts.</summary>
    public Tensor EmbedTexts(IEnumerable<string> texts) => EmbedTexts([.. texts.Select(t => Say(t, t))]);

    /// <summary>Embeddings of length 1, [N, D], of texts as both sources get them.</summary>
    public Tensor EmbedTexts(MiniText[] texts)
    {
        int[][] rows = [.. texts.Select(t => t.Row)];
        if (Sentences is null) return EmbedRows(rows);
        var words = Words(rows);
        var (ops, mix) = (Operators, Operators.Weights["text"]["mix"]);
        long[] heard = [.. Places(t => t.Sentence is not null)], alone = [.. Places(t => t.Sentence is null)];
        var parts = new List<Tensor>();
        if (heard.Length > 0) parts.Add(SentenceMix.Mix(ops, mix, words.index_select(0, tensor(heard)), Sentences.Of([.. heard.Select(i => texts[i].Sentence!)])));
        if (alone.Length > 0) parts.Add(SentenceMix.Alone(ops, mix, words.index_select(0, tensor(alone))));
        var back = new long[texts.Length];
        foreach (var (i, place) in heard.Concat(alone).Index()) back[place] = i;
        return nn.functional.normalize(cat(parts, 0).index_select(0, tensor(back)), dim: 1);

        IEnumerable<long> Places(Func<MiniText, bool> which) => Enumerable.Range(0, texts.Length).Where(i => which(texts[i])).Select(i => (long)i);
    }

    /// <summary>Embeddings of rows by the words' tower while it stands still: each is computed once.</summary>
    private Tensor Words(int[][] rows)
    {
        string[] keys = [.. rows.Select(r => string.Join(' ', r))];
        var missing = rows.Zip(keys).Where(r => !_words.ContainsKey(r.Second)).DistinctBy(r => r.Second).ToArray();
        using var scope = NewDisposeScope();
        if (missing.Length > 0)
        {
            using var _ = no_grad();
            var computed = EmbedRows([.. missing.Select(m => m.First)]).data<float>().ToArray();
            for (var i = 0; i < missing.Length; i++) _words[missing[i].Second] = computed[(i * MiniSpec.Embed)..((i + 1) * MiniSpec.Embed)];
        }
        return tensor(keys.SelectMany(k => _words[k]).ToArray()).reshape(rows.Length, MiniSpec.Embed).MoveToOuterDisposeScope();
    }

    /// <summary>A text for both sources.</summary>
    /// <param name="text">What the words' tower reads.</param>
    /// <param name="sentence">What the sentence encoder reads, if it hears the language.</param>
    public MiniText Say(string text, string sentence) => new(Row(text), Sentences is null || Ideographs.In(sentence) ? null : sentence);

    /// <summary>Whether the texts' stage trains a tensor: all but the trunk, or, beside a sentence encoder, the head and what mixes.</summary>
    public bool TrainsWithTexts(string name) => Sentences is null
        ? !name.StartsWith("visual.trunk.", StringComparison.Ordinal)
        : name == "logit_scale" || name.StartsWith("visual.head.", StringComparison.Ordinal) || name.StartsWith("text.mix.", StringComparison.Ordinal);

    /// <summary>A text's ids.</summary>
    public int[] Row(string text) => _encoder.Encode(text);

    /// <summary>Embeddings of length 1, [N, D], of rows of ids.</summary>
    public Tensor EmbedRows(int[][] rows)
    {
        // Rows of like length together, so that few places are padding; the tables' rows are taken once for all parts.
        var order = Enumerable.Range(0, rows.Length).OrderBy(i => rows[i].Length).ToArray();
        long[][] parts = [.. order.Chunk(Math.Max(64, (rows.Length + 3) / 4)).Select(part => Padded([.. part.Select(i => rows[i])]))];
        int[] lengths = [.. order.Chunk(Math.Max(64, (rows.Length + 3) / 4)).Select(part => part.Max(i => rows[i].Length))];
        var ops = new TorchOperators(Store);
        ops.Gather("text.token_embedding.weight", [.. parts.SelectMany(p => p)]);
        ops.Gather("text.token_gate.weight", [.. parts.SelectMany(p => p)]);
        ops.Gather("text.bigram_embedding.weight", [.. parts.Zip(lengths).SelectMany(p => Spec.PairIds(p.First, p.Second))]);
        var embedded = parts.Zip(lengths).Select(p => BagTransformer.Build(ops, Spec, ((IOperators<Tensor>)ops).Weights["text"], tensor(p.First).reshape(-1, p.Second))).ToList();
        var back = new long[rows.Length];
        for (var i = 0; i < order.Length; i++) back[order[i]] = i;
        return nn.functional.normalize(cat(embedded, 0).index_select(0, tensor(back)), dim: 1);
    }

    /// <summary>Keeps exp(logit_scale) at 100 or less, as CLIP does.</summary>
    public void ClampScale()
    {
        using var _ = no_grad();
        Store["logit_scale"].WithinInPlace(null, Math.Log(100));
    }

    /// <summary>Rows of one length, filled up with padding.</summary>
    private long[] Padded(int[][] rows)
    {
        var length = rows.Max(r => r.Length);
        var ids = Enumerable.Repeat((long)Spec.PadId, rows.Length * length).ToArray();
        for (var n = 0; n < rows.Length; n++)
            for (var i = 0; i < rows[n].Length; i++) ids[(n * length) + i] = rows[n][i];
        return ids;
    }
}
