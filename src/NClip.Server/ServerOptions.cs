namespace NClip.Server;

/// <summary>How a gallery is served. Every limit is there so that one client cannot take what belongs to all.</summary>
/// <param name="Url">Where it listens: http, an address of this machine, a port (0: any that is free).</param>
/// <param name="ApiKey">What clients must send as <c>Authorization: Bearer KEY</c>; null: nothing.</param>
/// <param name="Hosts">Names under which clients may ask for it, besides the addresses it has.</param>
/// <param name="MaxBodyMegabytes">Largest body of a request.</param>
/// <param name="MaxInputs">Most texts and pictures in one request.</param>
/// <param name="MaxTop">Most answers of one search.</param>
/// <param name="Requests">Requests that are worked on at a time.</param>
/// <param name="Waiting">Requests that wait for their turn; those beyond are answered 429.</param>
/// <param name="TowerQueue">Texts, and as many pictures, that wait for a tower; requests beyond are answered 503.</param>
/// <param name="Connections">Open connections; those beyond are closed.</param>
/// <param name="Timeout">How long one request may take.</param>
/// <param name="BatchWindow">How long a tower waits for more where requests come together.</param>
/// <param name="MaxBatch">Texts or pictures in one run of a tower; 1: one by one.</param>
/// <param name="ThumbnailMegabytes">Most that thumbnails take on the disk.</param>
/// <param name="CacheFolder">Where they lie; null: nclip/thumbnails in the user's cache folder.</param>
internal sealed record ServerOptions(
    Uri Url,
    string? ApiKey = null,
    IReadOnlyList<string>? Hosts = null,
    int MaxBodyMegabytes = 32,
    int MaxInputs = 256,
    int MaxTop = 10_000,
    int Requests = 64,
    int Waiting = 256,
    int TowerQueue = 1024,
    int Connections = 16_384,
    TimeSpan? Timeout = null,
    TimeSpan? BatchWindow = null,
    int MaxBatch = 16,
    int ThumbnailMegabytes = 1024,
    string? CacheFolder = null)
{
    /// <summary>Where it listens unless told otherwise.</summary>
    public const string DefaultUrl = "http://127.0.0.1:8765";

    /// <summary>The limit of one request.</summary>
    public TimeSpan RequestTimeout => Timeout ?? TimeSpan.FromSeconds(60);

    /// <summary>The wait of a tower.</summary>
    public TimeSpan Window => BatchWindow ?? TimeSpan.FromMilliseconds(3);
}
