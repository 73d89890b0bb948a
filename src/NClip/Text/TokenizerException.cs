namespace NClip.Text;

/// <summary>A tokenizer's file is broken, or of a kind that NClip does not read.</summary>
public sealed class TokenizerException : ClipException
{
    /// <param name="message">What was found, what was expected, what to do.</param>
    /// <param name="file">The tokenizer's file, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public TokenizerException(string message, string? file = null, Exception? inner = null)
        : base(message, file, inner)
    {
    }
}
