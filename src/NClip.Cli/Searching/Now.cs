namespace NClip.Cli.Searching;

/// <summary>Progress that is told on the thread that makes it, before it goes on.</summary>
internal sealed class Now<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}
