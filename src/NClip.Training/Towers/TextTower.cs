using static TorchSharp.torch;

namespace NClip.Training.Towers;

/// <summary>Sizes of nclip-mini's text tower.</summary>
/// <param name="Vocabulary">Tokens.</param>
/// <param name="Bigrams">Rows of the table that pairs of neighbouring tokens are hashed into.</param>
/// <param name="Context">Longest row, start and end token included.</param>
/// <param name="Width">Channels.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Hidden">Channels inside a block's MLP and the bag's.</param>
/// <param name="Embed">Channels of the shared space.</param>
internal sealed record TextTowerSpec(int Vocabulary, int Bigrams = 16381, int Context = 48, int Width = 256, int Layers = 2, int Heads = 4, int Hidden = 512, int Embed = 512)
{
    /// <summary>Ids below this are [PAD], [UNK], [CLS], [SEP]: no words.</summary>
    public const int FirstWord = 4;

    /// <summary>A pair (a, b) has row (a * this + b) mod <see cref="Bigrams"/>.</summary>
    public const long PairMultiplier = 7919;
}

/// <summary>Text tower: token and hashed pair embeddings go two ways, through a gated bag (what words there are) and a small pre-LN transformer (how they stand), whose results are added.</summary>
internal sealed class TextTower(ParameterStore weights, string prefix, TextTowerSpec spec)
{
    /// <summary>The different rows of a table that a batch needs, and where each is among them.</summary>
    public sealed record Used(long[] Ids, Dictionary<long, int> At);

    /// <summary>The rows of the embedding tables that a batch needs: [U, W], [P, W], [U, 1].</summary>
    public sealed record TableRows(Tensor Tokens, Tensor Pairs, Tensor Gates);

    /// <summary>Which tokens and pairs occur in rows of ids.</summary>
    public static (Used Tokens, Used Pairs) Gather(IEnumerable<int[]> rows, TextTowerSpec spec)
    {
        var (tokens, pairs) = (new HashSet<long> { 0 }, new HashSet<long> { Pair(0, 0, spec), Pair(3, 0, spec) });
        foreach (var row in rows)
            for (var i = 0; i < row.Length; i++) { tokens.Add(row[i]); pairs.Add(Pair(i == 0 ? 0 : row[i - 1], row[i], spec)); }
        return (Index(tokens), Index(pairs));

        static Used Index(HashSet<long> set)
        {
            long[] ids = [.. set.Order()];
            return new Used(ids, ids.Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i));
        }
    }

    private static long Pair(long previous, long id, TextTowerSpec spec) => (previous * TextTowerSpec.PairMultiplier + id) % spec.Bigrams;

    /// <summary>Takes those rows out of the tables, once for a whole batch.</summary>
    public TableRows Tables(long[] tokens, long[] pairs)
    {
        var (t, p) = (tensor(tokens), tensor(pairs));
        return new(W("token_embedding.weight").index_select(0, t), W("bigram_embedding.weight").index_select(0, p), W("token_gate.weight").index_select(0, t));
    }

    /// <summary>Rows of ids to embeddings [N, D], not normalised.</summary>
    public Tensor Forward(int[][] rows)
    {
        var (tokens, pairs) = Gather(rows, spec);
        return Forward(Tables(tokens.Ids, pairs.Ids), rows, tokens, pairs);
    }

    /// <summary>Rows of ids (0 pads) to embeddings [N, D], not normalised, with the tables' rows at hand.</summary>
    public Tensor Forward(TableRows tables, int[][] rows, Used tokens, Used pairs)
    {
        var length = rows.Max(r => r.Length);
        var (ids, t, p) = (new long[rows.Length * length], new long[rows.Length * length], new long[rows.Length * length]);
        for (var (n, k) = (0, 0); n < rows.Length; n++)
            for (var (i, previous) = (0, 0L); i < length; i++, k++)
            {
                ids[k] = i < rows[n].Length ? rows[n][i] : 0;
                (t[k], p[k]) = (tokens.At[ids[k]], pairs.At[Pair(previous, ids[k], spec)]);
                previous = ids[k];
            }
        Tensor Rows(Tensor table, long[] index) => table.index_select(0, tensor(index)).reshape(rows.Length, length, -1);
        var e = Rows(tables.Tokens, t) + Rows(tables.Pairs, p); // [N, L, W]
        var row = tensor(ids).reshape(rows.Length, length);
        var result = Bag(row, e, Rows(tables.Gates, t));
        return spec.Layers == 0 ? result : result + Transformer(row, e);
    }

    private Tensor Bag(Tensor ids, Tensor e, Tensor gates)
    {
        var gate = gates.sigmoid() * ids.ge(TextTowerSpec.FirstWord).unsqueeze(2).to_type(ScalarType.Float32); // [N, L, 1]
        var bag = (gate * e).sum(1) / (gate.sum(1) + 1e-3);
        return bag.matmul(W("bag.proj.weight").t()) + Linear(nn.functional.gelu(Linear(bag, "bag.c_fc")), "bag.c_proj");
    }

    private Tensor Transformer(Tensor ids, Tensor e)
    {
        var real = ids.ne(0);                                                             // [N, L]
        var mask = real.logical_not().to_type(ScalarType.Float32).mul(-1e4)[TensorIndex.Colon, TensorIndex.None, TensorIndex.None, TensorIndex.Colon]; // [N, 1, 1, L]
        var x = e + W("positional_embedding").narrow(0, 0, ids.shape[1]);
        for (var i = 0; i < spec.Layers; i++) x = Block(x, mask, $"transformer.resblocks.{i}.");
        var count = real.to_type(ScalarType.Float32).unsqueeze(2);
        x = (LayerNorm(x, "ln_final") * count).sum(1) / count.sum(1);                      // mean over the row's tokens
        return x.matmul(W("text_projection"));
    }

    private Tensor Block(Tensor x, Tensor mask, string block)
    {
        var (n, l) = (x.shape[0], x.shape[1]);
        var qkv = nn.functional.linear(LayerNorm(x, block + "ln_1"), W(block + "attn.in_proj_weight"), W(block + "attn.in_proj_bias"))
            .reshape(n, l, 3, spec.Heads, spec.Width / spec.Heads).permute(2, 0, 3, 1, 4); // [3, N, H, L, W/H]
        var scores = qkv[0].matmul(qkv[1].transpose(-1, -2)) / Math.Sqrt((double)spec.Width / spec.Heads) + mask;
        var attended = nn.functional.softmax(scores, -1).matmul(qkv[2]).transpose(1, 2).reshape(n, l, spec.Width);
        x = x + Linear(attended, block + "attn.out_proj");
        return x + Linear(nn.functional.gelu(Linear(LayerNorm(x, block + "ln_2"), block + "mlp.c_fc")), block + "mlp.c_proj");
    }

    /// <summary>Adds fresh weights.</summary>
    public static void Initialize(ParameterStore store, string prefix, TextTowerSpec s, Generator g)
    {
        Tensor Normal(double std, params long[] shape) => randn(shape, generator: g) * std;
        void Add(string name, Tensor t) => store.Add(prefix + name, t);
        void AddLinear(string name, int to, int from, double gain = 1)
        {
            Add(name + ".weight", Normal(gain / Math.Sqrt(from), to, from));
            Add(name + ".bias", zeros(to));
        }
        void AddNorm(string name) { Add(name + ".weight", ones(s.Width)); Add(name + ".bias", zeros(s.Width)); }

        Add("token_embedding.weight", Normal(0.05, s.Vocabulary, s.Width));
        Add("bigram_embedding.weight", Normal(0.01, s.Bigrams, s.Width));
        Add("token_gate.weight", zeros(s.Vocabulary, 1));
        Add("bag.proj.weight", Normal(1 / Math.Sqrt(s.Width), s.Embed, s.Width));
        AddLinear("bag.c_fc", s.Hidden, s.Width);
        AddLinear("bag.c_proj", s.Embed, s.Hidden, 0.5);
        if (s.Layers == 0) return;
        Add("positional_embedding", Normal(0.01, s.Context, s.Width));
        for (var i = 0; i < s.Layers; i++)
        {
            var b = $"transformer.resblocks.{i}.";
            AddNorm(b + "ln_1");
            Add(b + "attn.in_proj_weight", Normal(1 / Math.Sqrt(s.Width), 3 * s.Width, s.Width));
            Add(b + "attn.in_proj_bias", zeros(3 * s.Width));
            AddLinear(b + "attn.out_proj", s.Width, s.Width, 0.5);
            AddNorm(b + "ln_2");
            AddLinear(b + "mlp.c_fc", s.Hidden, s.Width);
            AddLinear(b + "mlp.c_proj", s.Width, s.Hidden, 0.5);
        }
        AddNorm("ln_final");
        Add("text_projection", Normal(0.02 / Math.Sqrt(s.Width), s.Width, s.Embed));
    }

    private Tensor W(string name) => weights[prefix + name];

    private Tensor Linear(Tensor x, string name) => nn.functional.linear(x, W(name + ".weight"), W(name + ".bias"));

    private Tensor LayerNorm(Tensor x, string name) => nn.functional.layer_norm(x, [spec.Width], W(name + ".weight"), W(name + ".bias"));
}
