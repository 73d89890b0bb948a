namespace NClip.Cli;

/// <summary>What the process returns to the shell.</summary>
internal static class ExitCode
{
    /// <summary>Everything asked for was answered.</summary>
    public const int Done = 0;

    /// <summary>Some inputs failed; the others were answered.</summary>
    public const int SomeFailed = 1;

    /// <summary>The call cannot be carried out: an unknown option, no labels, no such model.</summary>
    public const int Unusable = 2;

    /// <summary>Stopped by Ctrl+C (128 + SIGINT, as shells have it).</summary>
    public const int Interrupted = 130;

    /// <summary>The reader of the output went away (128 + SIGPIPE).</summary>
    public const int BrokenPipe = 141;
}

/// <summary>A call that cannot be carried out; exit code 2.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : ClipException(message, null, inner);
