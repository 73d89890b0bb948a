namespace NClip.Text;

/// <summary>Rows of token ids, and which text each row belongs to.</summary>
/// <param name="Ids">Row-major [rows, context length].</param>
/// <param name="Owners">Index of the text of each row, ascending.</param>
public sealed record TokenizedTexts(long[] Ids, int[] Owners);

/// <summary>Texts to the rows a text tower wants: start, ids, end, padding. Thread-safe.</summary>
/// <param name="tokenizer">Text to ids.</param>
/// <param name="context">The row's layout.</param>
public sealed class TextPipeline(ITokenizer tokenizer, ContextSpec context)
{
    /// <summary>Text to ids.</summary>
    public ITokenizer Tokenizer => tokenizer;

    /// <summary>The row's layout.</summary>
    public ContextSpec Context => context;

    /// <summary>Two tokenizers whose ids share the rows; null for one, as nearly all models have it.</summary>
    internal PairedTexts? Paired { get; private init; }

    /// <summary>Texts to rows that two tokenizers share.</summary>
    internal static TextPipeline Of(PairedTexts paired) => new(paired.First.Tokenizer, paired.Context) { Paired = paired };

    private int Room => context.Length - (context.StartId is null ? 0 : 1) - (context.EndId is null ? 0 : 1);

    /// <summary>Rows [N, context length], row-major (openai/CLIP's tokenize).</summary>
    /// <param name="texts">N texts.</param>
    /// <param name="overflow">What happens to longer texts; <see cref="ContextOverflow.Chunk"/> keeps the first piece here, <see cref="TokenizeChunks"/> gives all.</param>
    /// <exception cref="ArgumentNullException"><paramref name="texts"/> or one of them is null.</exception>
    /// <exception cref="ContextOverflowException">A text is too long and the policy is <see cref="ContextOverflow.Throw"/>.</exception>
    public long[] Tokenize(IReadOnlyList<string> texts, ContextOverflow overflow = ContextOverflow.Throw)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (Paired is not null) return Paired.Tokenize([.. texts.Select((_, i) => Text(texts, i))], overflow);
        var rows = new long[checked(texts.Count * context.Length)];
        for (var i = 0; i < texts.Count; i++)
        {
            var ids = tokenizer.Encode(Text(texts, i));
            if (ids.Length > Room && overflow == ContextOverflow.Throw) throw new ContextOverflowException(texts[i], ids.Length + context.Length - Room, context.Length);
            Fill(rows.AsSpan(i * context.Length, context.Length), ids.AsSpan(0, Math.Min(ids.Length, Room)));
        }
        return rows;
    }

    /// <summary>As <see cref="Tokenize"/>, with a text longer than the context cut into several rows.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="texts"/> or one of them is null.</exception>
    public TokenizedTexts TokenizeChunks(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (Paired is not null) return Paired.TokenizeChunks([.. texts.Select((_, i) => Text(texts, i))]);
        if (Room < 1) throw new TokenizerException($"a row of {context.Length} tokens holds no text beside its start and end tokens. Check the model's context length.");
        var (owners, pieces) = (new List<int>(texts.Count), new List<ArraySegment<int>>(texts.Count));
        for (var i = 0; i < texts.Count; i++)
        {
            var ids = tokenizer.Encode(Text(texts, i));
            var at = 0;
            do
            {
                owners.Add(i);
                pieces.Add(new ArraySegment<int>(ids, at, Math.Min(Room, ids.Length - at)));
            }
            while ((at += Room) < ids.Length);
        }
        var rows = new long[checked(pieces.Count * context.Length)];
        for (var i = 0; i < pieces.Count; i++) Fill(rows.AsSpan(i * context.Length, context.Length), pieces[i]);
        return new TokenizedTexts(rows, [.. owners]);
    }

    private static string Text(IReadOnlyList<string> texts, int i)
    {
        ArgumentNullException.ThrowIfNull(texts[i], $"{nameof(texts)}[{i}]");
        return texts[i];
    }

    private void Fill(Span<long> row, ReadOnlySpan<int> ids)
    {
        row.Fill(context.PadId);
        var at = 0;
        if (context.StartId is { } start) row[at++] = start;
        foreach (var id in ids) row[at++] = id;
        if (context.EndId is { } end) row[at] = end;
    }
}
