using NClip.Towers;
using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>What a run does beside inference.</summary>
/// <param name="BatchStatistics">Batch norms use the batch's statistics and update their running ones.</param>
/// <param name="PatchDropout">Share of a picture's patches that is left out, 0..1. (Li et al. 2023, FLIP; open_clip transformer.py, PatchDropout)</param>
/// <param name="Dropout">Share of elements that is zeroed where a tower has dropout, 0..1.</param>
/// <param name="Random">Of the two shares; null for torch's own.</param>
internal sealed record TrainingMode(bool BatchStatistics = true, double PatchDropout = 0, double Dropout = 0, Generator? Random = null)
{
    /// <summary>False: batch norms leave their running statistics alone, as the first of two passes over a batch has to.</summary>
    public bool MovesStatistics { get; init; } = true;

    /// <summary>Matrix products and convolutions in bfloat16; weights, attention, sums along the tower and norms stay as they are.</summary>
    public bool BFloat16 { get; init; }

    /// <summary>Blocks are computed again on the way back.</summary>
    public bool Recompute { get; init; }

    /// <summary>Inference.</summary>
    public static TrainingMode None { get; } = new(BatchStatistics: false);
}

/// <summary>The hooks of training.</summary>
internal sealed partial class TorchOperators
{
    /// <inheritdoc/>
    public Tensor Block(Tensor x, Func<Tensor, Tensor> block) => _mode.Recompute && is_grad_enabled() ? Recomputed.Of(x, block, _back) : block(x);

    /// <inheritdoc/>
    public (Tensor Tokens, Dim Length) Patches(Tensor x, Dim length, int kept)
    {
        if (_mode.PatchDropout == 0) return (x, length);
        var (n, patches, width) = (x.shape[0], x.shape[1] - kept, x.shape[2]);
        var count = Math.Max(1, (long)(patches * (1 - _mode.PatchDropout)));
        var chosen = rand([n, patches], generator: _mode.Random).topk((int)count, dim: -1).indexes;
        GC.KeepAlive(_mode); // whose generator native code drew from
        var some = x.narrow(1, kept, patches).gather(1, chosen.unsqueeze(2).expand(-1, -1, width));
        return (kept == 0 ? some : cat([x.narrow(1, 0, kept), some], 1), kept + count);
    }

    /// <inheritdoc/>
    public Tensor Dropout(Tensor x)
    {
        if (_mode.Dropout == 0) return x;
        using var _ = no_grad();
        var keep = rand(x.shape, generator: _mode.Random).IsAtLeast(_mode.Dropout).to_type(x.dtype).Over(1 - _mode.Dropout);
        GC.KeepAlive(_mode); // whose generator native code drew from
        return x * keep;
    }

    /// <summary>The value in the precision that products have.</summary>
    private Tensor Half(Tensor x) => _mode.BFloat16 ? x.to_type(ScalarType.BFloat16) : x;

    /// <summary>The value in the precision that weights have.</summary>
    private Tensor Whole(Tensor x) => _mode.BFloat16 ? x.to_type(ScalarType.Float32) : x;
}
