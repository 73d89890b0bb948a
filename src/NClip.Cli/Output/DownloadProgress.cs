using NClip.Hub;

namespace NClip.Cli.Output;

/// <summary>How far a download is.</summary>
internal sealed class DownloadProgress(Terminal terminal) : IProgress<HubProgress>, IDisposable
{
    private readonly ProgressLine _line = new(terminal);

    /// <inheritdoc/>
    public void Report(HubProgress value) => _line.Show(() => $"{value.Model} {value.File}  {Describe(value)}");

    /// <inheritdoc/>
    public void Dispose() => _line.Dispose();

    private static string Describe(HubProgress p) => p.Stage switch
    {
        HubStage.Checking => "asking the server",
        HubStage.Waiting => "waiting for another process that downloads it",
        HubStage.Retrying => "trying again",
        HubStage.Verifying => "verifying",
        HubStage.Done => "done",
        _ => p.TotalBytes is > 0 and { } total ? $"{Bar.Of((float)((double)p.Bytes / total))} {p.Bytes / 1e6:0} of {total / 1e6:0} MB" : $"{p.Bytes / 1e6:0} MB",
    };
}
