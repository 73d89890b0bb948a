namespace NClip.Data;

/// <summary>A batch that several processes share: each has decoded some of its pictures, and all know all texts. Its rows stand by process, those of the first one first.</summary>
/// <param name="Own">The pictures of this process, in their rows.</param>
/// <param name="Samples">What the sources said of all pictures.</param>
/// <param name="Captions">The texts of all.</param>
/// <param name="Counts">Rows of each process.</param>
/// <param name="Next">The position behind the batch.</param>
/// <param name="Phase">Samples that the division into shares has moved by, because broken ones were left out: part of the position.</param>
/// <param name="Epoch">How often everything had been seen before the last picture.</param>
internal sealed record SharedBatch(SampleBatch Own, IReadOnlyList<RawSample> Samples, IReadOnlyList<string> Captions, IReadOnlyList<int> Counts, OrderState Next, int Phase, int Epoch) : IDisposable
{
    /// <summary>Pairs of all processes.</summary>
    public int Count => Samples.Count;

    /// <summary>A batch of one process.</summary>
    public static SharedBatch Alone(SampleBatch batch) => new(batch, batch.Samples, batch.Captions, [batch.Count], batch.Next, 0, batch.Epoch);

    /// <inheritdoc/>
    public void Dispose() => Own.Dispose();
}
