using NClip.Towers;
using NClip.Towers.Blocks;
using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>Layers with weights.</summary>
internal sealed partial class TorchOperators
{
    private readonly Dictionary<string, (Tensor Rows, Tensor At)> _gathered = [];
    private readonly Dictionary<string, (Tensor Ids, Tensor Rows)> _given = [];
    private readonly PassGradients _back = new();

    /// <inheritdoc/>
    public Tensor LayerNorm(Tensor x, Scope<Tensor> w, float epsilon) => nn.functional.layer_norm(Whole(x), [x.shape[^1]], w["weight"], w["bias"], epsilon);

    /// <inheritdoc/>
    public Tensor Normalize(Tensor x) => nn.functional.normalize(x, dim: -1);

    /// <inheritdoc/>
    public Tensor Softmax(Tensor x) => nn.functional.softmax(x, -1);

    /// <inheritdoc/>
    public Tensor Attend(Tensor q, Tensor k, Tensor v, float scale, Tensor? mask)
    {
        // torch's own scale is 1/√d; another one goes into the queries.
        var relative = scale * Math.Sqrt(q.shape[^1]);
        // Not in bfloat16: there libtorch has oneDNN set up a product for every block, which takes longer than the blocks' products do in float32.
        (q, k, v) = (Whole(q), Whole(k), Whole(v));
        return nn.functional.scaled_dot_product_attention(Math.Abs(relative - 1) < 1e-6 ? q : q.Times(relative), k, v, mask?.to_type(q.dtype));
    }

    /// <inheritdoc/>
    public Tensor Rotate(Tensor x, RotaryPositions positions, int channels)
    {
        var (c, s) = positions.Tables(channels);
        Tensor Table(float[] values) => tensor(values).reshape(positions.Tokens, channels / 2);
        var (cos, sin, pairs) = (Table(c), Table(s), x.reshape([.. x.shape[..^1], channels / 2, 2]));
        var (a, b) = (pairs.select(-1, 0), pairs.select(-1, 1));
        return stack([(a * cos) - (b * sin), (b * cos).Plus(a * sin)], -1).reshape(x.shape);
    }

    /// <inheritdoc/>
    public Tensor Linear(Tensor x, Scope<Tensor> weight, Scope<Tensor>? bias) => Affine(x, weight, bias is { } b ? (Tensor)b : null);

    /// <inheritdoc/>
    public Tensor Linear(Tensor x, Tensor weight, Tensor bias) => Affine(x, weight, bias);

    /// <inheritdoc/>
    public Tensor[] LinearPieces(Tensor x, Scope<Tensor> weight, Tensor bias, int parts) => Linear(x, (Tensor)weight, bias).chunk(parts, -1);

    /// <inheritdoc/>
    public Tensor Project(Tensor x, Scope<Tensor> matrix, Scope<Tensor>? bias = null) => bias is { } b ? Half(x).matmul(Half(matrix)).Plus((Tensor)b) : Half(x).matmul(Half(matrix));

    /// <inheritdoc/>
    public Tensor[] Rows(Scope<Tensor> matrix, params long[] sizes) => Split(matrix, sizes, 0);

    /// <inheritdoc/>
    public Tensor Lookup(Scope<Tensor> table, Tensor ids)
    {
        if (_given.TryGetValue(table.Path, out var given) && ReferenceEquals(given.Ids, ids)) return given.Rows;
        var (rows, flat) = _gathered.TryGetValue(table.Path, out var g) ? (g.Rows, g.At.index_select(0, ids.flatten())) : ((Tensor)table, ids.flatten());
        return rows.index_select(0, flat).reshape([.. ids.shape, -1]);
    }

    /// <inheritdoc/>
    public Tensor Lookup(Tensor table, Tensor ids) => table.index_select(0, ids.flatten()).reshape([.. ids.shape, -1]);

    /// <inheritdoc/>
    public void GiveRows(string table, Tensor ids, Tensor rows) => _given[table] = (ids, rows);

    /// <summary>
    /// Takes the rows that a whole batch needs out of a table once, for all <see cref="Lookup(Scope{Tensor}, Tensor)"/>s that follow: the gradient of a large table is then written once,
    /// not for each part of the batch.
    /// </summary>
    /// <param name="table">Canonical name, [V, W].</param>
    /// <param name="ids">Every id that will be looked up.</param>
    public void Gather(string table, IReadOnlyCollection<long> ids)
    {
        long[] used = [.. ids.Distinct().Order()];
        var at = new long[weights[table].shape[0]];
        for (var i = 0; i < used.Length; i++) at[used[i]] = i;
        _gathered[table] = (weights[table].index_select(0, tensor(used)), tensor(at));
    }

    /// <inheritdoc/>
    public Tensor Conv(Tensor x, Scope<Tensor> w, int stride = 1, Padding padding = default, int groups = 1, bool bias = false)
    {
        Tensor weight = w["weight"];
        var ((left, right), (top, bottom)) = padding == Padding.Same
            ? (Same(x.shape[3], weight.shape[3], stride), Same(x.shape[2], weight.shape[2], stride))
            : ((padding.Before, padding.After), (padding.Before, padding.After));
        var even = left == right && top == bottom;
        if (!even) x = nn.functional.pad(x, [left, right, top, bottom]);
        return nn.functional.conv2d(Half(x), Half(weight), bias ? Half(w["bias"]) : null, strides: [stride, stride], padding: even ? [top, left] : [0, 0], groups: groups);
    }

    /// <summary>Batch norm. Trained, it normalises by the batch's own (biased) variance and moves the running statistics a tenth towards the batch's (unbiased) ones, as torch does.</summary>
    public Tensor BatchNorm(Tensor x, Scope<Tensor> w, float epsilon = 1e-5f) =>
        nn.functional.batch_norm(Whole(x), w["running_mean"], w["running_var"], w["weight"], w["bias"], training: _mode.BatchStatistics, momentum: _mode.MovesStatistics ? 0.1 : 0, eps: epsilon);

    /// <inheritdoc/>
    public Tensor AveragePool(Tensor x, int size, int stride, int padding = 0) => nn.functional.avg_pool2d(x, size, stride, padding, count_include_pad: false);

    /// <inheritdoc/>
    public Tensor MaxPool(Tensor x, int size, int stride, int padding) => nn.functional.max_pool2d(x, size, stride, padding);

    /// <inheritdoc/>
    public Tensor GlobalAveragePool(Tensor x) => x.mean([2, 3]);

    private Tensor Affine(Tensor x, Tensor weight, Tensor? bias)
    {
        (x, weight, bias) = (Half(x), Half(weight), bias is null ? null : Half(bias));
        return Float32Products.Fit(x, weight) ? Float32Products.Linear(x, weight, bias, _back) : nn.functional.linear(x, weight, bias);
    }

    /// <summary>Zeros before and after a side that <see cref="Padding.Same"/> asks for.</summary>
    private static (long Before, long After) Same(long size, long kernel, int stride)
    {
        var all = Math.Max(((((size + stride - 1) / stride) - 1) * stride) + kernel - size, 0);
        return (all / 2, all - (all / 2));
    }
}
