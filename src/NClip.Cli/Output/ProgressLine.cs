namespace NClip.Cli.Output;

/// <summary>One line on standard error that is written over as the work goes on; nothing where standard error is no screen.</summary>
internal sealed class ProgressLine(Terminal terminal) : IDisposable
{
    private readonly Lock _gate = new();
    private long _shown;
    private bool _open;

    /// <summary>Shows a text, at most ten times a second.</summary>
    public void Show(Func<string> text)
    {
        if (!terminal.ShowsProgress) return;
        lock (_gate)
        {
            if (Environment.TickCount64 - _shown < 100) return;
            _shown = Environment.TickCount64;
            _open = true;
            terminal.Error.Write($"\r\e[2K{text()}");
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_open) terminal.Error.Write("\r\e[2K");
    }
}
