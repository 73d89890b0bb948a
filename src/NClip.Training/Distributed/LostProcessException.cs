namespace NClip.Training.Distributed;

/// <summary>Another process has gone, or its host, or the network between: what a call that is repeated may not meet again.</summary>
internal sealed class LostProcessException(string message) : ClipException(message)
{
    /// <summary>What the program returns: "try again" of sysexits.h.</summary>
    public const int ExitCode = 75;
}
