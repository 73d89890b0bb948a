namespace NClip.Images;

/// <summary>A picture that cannot be read: not there, not a picture, broken, cut off, too large, or of a format that is not supported. The message names the file, what was found and what to do.</summary>
public sealed class ImageException : ClipException
{
    /// <param name="message">What was found and what to do.</param>
    /// <param name="file">The file as it was given, or null for bytes without a name.</param>
    /// <param name="inner">The cause, or null.</param>
    public ImageException(string message, string? file = null, Exception? inner = null)
        : base(message, file, inner)
    {
    }
}
