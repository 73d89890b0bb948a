namespace NClip.Hub;

/// <summary>What the hub is doing with a file.</summary>
public enum HubStage
{
    /// <summary>Asking the server for size, hash and commit.</summary>
    Checking,

    /// <summary>Another process downloads the same file; its result is awaited.</summary>
    Waiting,

    /// <summary>Waiting before the next attempt after a failure.</summary>
    Retrying,

    /// <summary>Receiving bytes.</summary>
    Downloading,

    /// <summary>Comparing size and hash.</summary>
    Verifying,

    /// <summary>The file is in the cache.</summary>
    Done,
}

/// <summary>Progress of one file of a model.</summary>
/// <param name="Model">Name of the model as it was asked for.</param>
/// <param name="File">File name in the repository.</param>
/// <param name="Stage">What is being done.</param>
/// <param name="Bytes">Bytes there so far, those of earlier interrupted attempts included.</param>
/// <param name="TotalBytes">Size of the whole file, or null while unknown.</param>
public readonly record struct HubProgress(string Model, string File, HubStage Stage, long Bytes = 0, long? TotalBytes = null);
