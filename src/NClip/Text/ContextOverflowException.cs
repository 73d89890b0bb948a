namespace NClip.Text;

/// <summary>A text has more tokens than the model's context.</summary>
public sealed class ContextOverflowException(string text, int count, int limit)
    : ClipException($"the text \"{Excerpt.Of(text)}\" has {count} tokens with its specials; the model's context holds {limit}. Shorten it, or choose ContextOverflow.Truncate or Chunk (--overflow truncate, chunk).")
{
    /// <summary>Tokens of the text, specials included.</summary>
    public int TokenCount => count;

    /// <summary>The context length.</summary>
    public int Limit => limit;
}
