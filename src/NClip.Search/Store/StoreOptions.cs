namespace NClip.Search.Store;

/// <summary>How an embedded gallery is written.</summary>
/// <param name="Storage">How vectors of new segments are kept.</param>
/// <param name="FirstCapacity">Rows of the first segment; the next ones double up to 65,536, so that a gallery of ten pictures is not 100 MB.</param>
/// <param name="Step">Told before each thing that reaches the disk; for tests that end there.</param>
internal sealed record StoreOptions(VectorStorage Storage = VectorStorage.Float32, int FirstCapacity = 1024, Action<string>? Step = null)
{
    private const int Largest = 65536; // rows

    /// <summary>Rows of a new segment behind <paramref name="before"/> others.</summary>
    public int Capacity(int before) => (int)Math.Min(Largest, (long)FirstCapacity << Math.Min(before, 16));

    /// <summary>Tells a step.</summary>
    public void At(string step) => Step?.Invoke(step);
}
