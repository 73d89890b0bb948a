using NClip.Foundation;

namespace NClip;

/// <summary>Base of every error that NClip throws about its input. The message says what was found where, what was expected and what to do; control characters in it are escaped, and its middle is left out beyond 4,000 characters.</summary>
public class ClipException : Exception
{
    /// <param name="message">What, found, expected, what to do.</param>
    /// <param name="file">The file the error is about, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public ClipException(string message, string? file = null, Exception? inner = null)
        : base(Shown.Message(file is null ? message : $"{file}: {message}"), inner) => File = file;

    /// <summary>The file the error is about, or null.</summary>
    public string? File { get; }
}
