namespace NClip.Towers.Blocks.Kinds;

/// <summary>A block of T5's second version, which mT5 has: RMS norms before each branch, scores that are not scaled, a gated feed-forward layer, no biases. (Raffel et al. 2020; Shazeer 2020)</summary>
/// <param name="Width">Channels.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="HeadWidth">Channels of one, whatever the width is.</param>
/// <param name="MlpWidth">Hidden channels of the feed-forward layer.</param>
/// <param name="Epsilon">Of the norms.</param>
internal sealed record T5BlockSpec(int Width, int Heads, int HeadWidth, int MlpWidth, float Epsilon)
{
    private int Inner => Heads * HeadWidth;

    /// <summary>The block over rows [N·L, W]; the mask holds the bias of each head by distance too: [N or 1, H, L, L].</summary>
    public T Build<T>(IOperators<T> ops, Scope<T> w, T x, Dim length, T mask)
        where T : class
    {
        return ops.Block(x, Residual);
        T Residual(T x)
        {
            var (a, f) = (w["layer"]["0"], w["layer"]["1"]);
            x = ops.Add(x, SelfAttention(ops, a["SelfAttention"], ops.RmsNorm(x, a["layer_norm"], Epsilon), length, mask));
            return ops.Add(x, Gated(ops, f["DenseReluDense"], ops.RmsNorm(x, f["layer_norm"], Epsilon)));
        }
    }

    /// <summary>The tensors of the block named <paramref name="at"/>.</summary>
    public IEnumerable<ExpectedTensor> Tensors(string at) =>
    [
        .. "qkv".Select(p => Matrix($"{at}.layer.0.SelfAttention.{p}", Width, Inner)),
        Matrix(at + ".layer.0.SelfAttention.o", Inner, Width),
        new(at + ".layer.0.layer_norm.weight", [Width]),
        Matrix(at + ".layer.1.DenseReluDense.wi_0", Width, MlpWidth),
        Matrix(at + ".layer.1.DenseReluDense.wi_1", Width, MlpWidth),
        Matrix(at + ".layer.1.DenseReluDense.wo", MlpWidth, Width),
        new(at + ".layer.1.layer_norm.weight", [Width]),
    ];

    private T SelfAttention<T>(IOperators<T> ops, Scope<T> w, T x, Dim length, T mask)
        where T : class
    {
        T Piece(string name) => ops.Linear(x, w[name]["weight"], null);
        var answer = Attention.Build(ops, new(Heads, Inner, length, length) { Scale = 1 }, Piece("q"), Piece("k"), Piece("v"), mask);
        return ops.Linear(answer, w["o"]["weight"], null);
    }

    private static T Gated<T>(IOperators<T> ops, Scope<T> w, T x)
        where T : class =>
        ops.Linear(ops.Mul(ops.Activate(ops.Linear(x, w["wi_0"]["weight"], null), Activation.GeluTanh), ops.Linear(x, w["wi_1"]["weight"], null)), w["wo"]["weight"], null);

    private static ExpectedTensor Matrix(string name, int from, int to) => new(name + ".weight", [to, from], TensorRole.Linear);
}
