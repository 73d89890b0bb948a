namespace NClip.Cli;

/// <summary>Inputs that could not be answered: each is named on standard error at once, and the exit code says so at the end.</summary>
internal sealed class Failures(Terminal terminal)
{
    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary><see cref="ExitCode.Done"/>, or <see cref="ExitCode.SomeFailed"/>.</summary>
    public int Code => Count == 0 ? ExitCode.Done : ExitCode.SomeFailed;

    /// <summary>Reports one.</summary>
    public void Add(Exception cause) => Add(cause.Message, cause);

    /// <summary>Reports one.</summary>
    public void Add(string message, Exception? cause = null)
    {
        Count++;
        terminal.Fail(message, cause);
    }
}
