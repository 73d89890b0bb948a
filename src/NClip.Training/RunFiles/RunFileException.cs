namespace NClip.Training.RunFiles;

/// <summary>A run that cannot begin as it is written: an unknown key, a value that is none, an output folder of another run. Nothing was done.</summary>
internal sealed class RunFileException : ClipException
{
    /// <param name="message">What was found, what was expected, what to do.</param>
    /// <param name="place">File and line, or the option of the command line.</param>
    /// <param name="inner">The cause, or null.</param>
    public RunFileException(string message, string? place = null, Exception? inner = null)
        : base(message, place, inner)
    {
    }
}
