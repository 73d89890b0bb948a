namespace NClip.Data;

/// <summary>Data that cannot be used: a source that is not there or not understood, a table without the needed columns, a state of other data, too many broken samples. The message says what was found and what to do.</summary>
public sealed class DataException : ClipException
{
    /// <param name="message">What was found and what to do.</param>
    /// <param name="file">The source the error is about, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public DataException(string message, string? file = null, Exception? inner = null)
        : base(message, file, inner)
    {
    }
}
