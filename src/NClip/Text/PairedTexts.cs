using NClip.Foundation;

namespace NClip.Text;

/// <summary>Rows of a tower that reads a text with two tokenizers: ids of the first at the even places, of the second at the odd ones.</summary>
/// <param name="First">Reads every text.</param>
/// <param name="Second">Reads texts without Chinese characters; the others are empty to it.</param>
internal sealed record PairedTexts(TextPipeline First, TextPipeline Second)
{
    /// <summary>The rows' layout; start and end tokens are in what each gives.</summary>
    public ContextSpec Context => new(2 * First.Context.Length, null, null, First.Context.PadId);

    /// <summary>As <see cref="TextPipeline.Tokenize"/>.</summary>
    public long[] Tokenize(IReadOnlyList<string> texts, ContextOverflow overflow) => Interleaved(First.Tokenize(texts, overflow), Second.Tokenize(Heard(texts), overflow));

    /// <summary>As <see cref="TextPipeline.TokenizeChunks"/>. Where one tokenizer needs more rows for a text than the other, the other's last is repeated.</summary>
    public TokenizedTexts TokenizeChunks(IReadOnlyList<string> texts)
    {
        var (first, second) = (First.TokenizeChunks(texts), Second.TokenizeChunks(Heard(texts)));
        var (a, b, owners) = (new List<long>(), new List<long>(), new List<int>());
        var (atFirst, atSecond) = (0, 0);
        for (var i = 0; i < texts.Count; i++)
        {
            var (n, m) = (first.Owners.Count(o => o == i), second.Owners.Count(o => o == i));
            for (var k = 0; k < Math.Max(n, m); k++)
            {
                a.AddRange(Row(first, atFirst + Math.Min(k, n - 1), First));
                b.AddRange(Row(second, atSecond + Math.Min(k, m - 1), Second));
                owners.Add(i);
            }
            (atFirst, atSecond) = (atFirst + n, atSecond + m);
        }
        return new TokenizedTexts(Interleaved([.. a], [.. b]), [.. owners]);
    }

    private static string[] Heard(IReadOnlyList<string> texts) => [.. texts.Select(t => Ideographs.In(t) ? "" : t)];

    private static ArraySegment<long> Row(TokenizedTexts of, int row, TextPipeline by) => new(of.Ids, row * by.Context.Length, by.Context.Length);

    private static long[] Interleaved(long[] a, long[] b)
    {
        var both = new long[a.Length + b.Length];
        for (var i = 0; i < a.Length; i++) (both[2 * i], both[(2 * i) + 1]) = (a[i], b[i]);
        return both;
    }
}
