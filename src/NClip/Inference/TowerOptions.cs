namespace NClip.Inference;

/// <summary>How towers are run: what <see cref="ClipOptions"/> says of them, by the same names and with the same defaults.</summary>
internal sealed record TowerOptions(Precision Precision = Precision.Float32, int? Threads = null, int BatchSize = 16, ExecutionProvider Provider = ExecutionProvider.Cpu, bool Prepack = true, string? CacheFolder = null)
{
    /// <summary>Bytes, as float32, up to which weights are converted in memory instead of in the cache folder.</summary>
    public long ConvertInMemory { get; init; } = ConvertedWeights.InMemory;

    /// <summary>Bytes, as float32, above which a token table stays out of the text part's graph.</summary>
    public long RowsAbove { get; init; } = TokenRows.Above;

    /// <summary>Throws where a value is out of its range.</summary>
    public TowerOptions Validated()
    {
        if (Threads is < 1) throw new ClipException($"Threads is {Threads}; it must be 1 or more, or null for all cores.");
        if (BatchSize is < 1 or > 1024) throw new ClipException($"BatchSize is {BatchSize}; it must be 1..1024.");
        if (CacheFolder is { Length: 0 }) throw new ClipException("CacheFolder is empty; give it a folder, or null for the default.");
        return this;
    }
}
