namespace NClip.Search;

/// <summary>A gallery that cannot be used: not there, damaged, in use by another writer, of another model, or a query that is not understood; the same of a manifest and its shards. The message says what was found and what to do.</summary>
public sealed class SearchException : ClipException
{
    /// <param name="message">What was found and what to do.</param>
    /// <param name="file">The gallery or file the error is about, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public SearchException(string message, string? file = null, Exception? inner = null)
        : base(message, file, inner)
    {
    }
}
