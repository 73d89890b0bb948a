using static TorchSharp.torch;

namespace NClip.Training.Distributed;

/// <summary>Tensors that are summed: large ones in their place, small ones together.</summary>
internal sealed class Bucket : IDisposable
{
    /// <summary>Elements from which a tensor is summed by itself.</summary>
    private const long Large = 1 << 16;

    private readonly Tensor[] _small;
    private readonly Tensor? _together;

    private Bucket(Tensor[] all)
    {
        _small = [.. all.Where(t => t.NumberOfElements < Large)];
        var large = all.Where(t => t.NumberOfElements >= Large);
        if (_small.Length > 0)
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            _together = cat([.. _small.Select(t => t.flatten())], 0).DetachFromDisposeScope();
        }
        Sums = _together is null ? [.. large] : [.. large, _together];
    }

    /// <summary>What is to be summed, each in its place; the same order in each process.</summary>
    public IReadOnlyList<Tensor> Sums { get; }

    /// <param name="tensors">Dense, of one type.</param>
    public static Bucket Of(IEnumerable<Tensor> tensors) => new([.. tensors]);

    /// <summary>Writes what was summed together back.</summary>
    public void Spread()
    {
        if (_together is null) return;
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (to, from) in _small.Zip(_together.split([.. _small.Select(t => t.NumberOfElements)]))) to.copy_(from.reshape(to.shape));
    }

    /// <inheritdoc/>
    public void Dispose() => _together?.Dispose();
}
