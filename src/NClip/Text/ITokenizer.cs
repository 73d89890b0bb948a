namespace NClip.Text;

/// <summary>Text to token ids, without start, end and padding.</summary>
public interface ITokenizer
{
    /// <summary>Number of ids.</summary>
    int VocabularySize { get; }

    /// <summary>Cleans and encodes one text. Half a surrogate pair counts as U+FFFD, which is what UTF-8 makes of it. Thread-safe.</summary>
    /// <returns>Ids without start and end token.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    int[] Encode(string text);

    /// <summary>Ids back to text, as far as the tokenizer is invertible.</summary>
    string Decode(ReadOnlySpan<int> ids);
}

/// <summary>What to do with a text that has more tokens than the context holds.</summary>
public enum ContextOverflow
{
    /// <summary>Throw <see cref="ContextOverflowException"/> (default).</summary>
    Throw,

    /// <summary>Cut; the end token stays the last one, as openai/CLIP's tokenize(truncate=True).</summary>
    Truncate,

    /// <summary>Cut into pieces that fit; the features of the pieces are averaged.</summary>
    Chunk,
}

/// <summary>How a model's text tower wants its rows: context length, special ids, padding.</summary>
/// <param name="Length">Tokens in a row, specials included.</param>
/// <param name="StartId">Id put in front, or null.</param>
/// <param name="EndId">Id put behind the text, or null.</param>
/// <param name="PadId">Id of the rest of the row.</param>
public sealed record ContextSpec(int Length, int? StartId, int? EndId, int PadId);
