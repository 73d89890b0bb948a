namespace NClip.Training.Distributed;

/// <summary>One process, which has nobody to talk to.</summary>
internal sealed class SingleProcess : ICommunicator
{
    public int Rank => 0;

    public int Size => 1;

    public void Sum(Span<float> values) { /* its own are the sums */ }

    public void Sum(Span<double> values) { /* its own are the sums */ }

    public Action BeginSums(IReadOnlyList<SharedValues> all) => () => { /* its own are the sums */ };

    public void Gather(ReadOnlySpan<byte> own, Span<byte> all) => own.CopyTo(all);

    public void Broadcast(Span<byte> bytes) { /* its own are those of process 0 */ }

    public void Abort(int exitCode) => Environment.Exit(exitCode);

    public void Dispose() { /* nothing is held */ }
}
