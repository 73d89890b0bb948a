namespace NClip.Hub;

/// <summary>What kept a model from being resolved.</summary>
public enum HubError
{
    /// <summary>The name, the repository, the revision or the file does not exist.</summary>
    NotFound,

    /// <summary>The repository is gated or private, or the token is refused.</summary>
    AccessDenied,

    /// <summary>Offline mode, and the cache does not hold what is needed.</summary>
    Offline,

    /// <summary>No network, or the server fails or answers too slowly, after all retries.</summary>
    Network,

    /// <summary>The bytes are not those that the server announced (size, sha256 or git sha1). Nothing of them stays visible.</summary>
    Integrity,

    /// <summary>The server's answer is not one that the hub's protocol allows.</summary>
    Protocol,

    /// <summary>The cache folder cannot be written, or its disk is full.</summary>
    Cache,
}

/// <summary>A model's name could not be turned into local files.</summary>
public sealed class HubException(HubError error, string message, string? file = null, Exception? inner = null) : ClipException(message, file, inner)
{
    /// <summary>The kind of failure.</summary>
    public HubError Error { get; } = error;

    /// <summary>Another attempt may succeed.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>How long the server asked to wait, or null.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
