using System.Globalization;
using System.Text.RegularExpressions;
using NClip.Images;

namespace NClip.Search;

/// <summary>
/// What is looked for: a text, or a sum of texts and pictures with weights: <c>"dog" + beach.jpg - 0.5 * "people"</c>. Operators stand between spaces; a part in quotes is a
/// text whatever is in it; a part that ends as a picture's name is that file; all else is a text. The sum is of unit features.
/// </summary>
public sealed partial class SearchQuery
{
    private const double Heaviest = 1e6; // so that no sum is infinite

    /// <param name="terms">Its parts; one at least.</param>
    /// <exception cref="SearchException">There is none, or a weight is not in -1,000,000..1,000,000.</exception>
    public SearchQuery(IReadOnlyList<QueryTerm> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        Terms = terms.Count > 0 ? terms : throw new SearchException("there is nothing to look for. Give words, or an example with --image.");
        if (terms.FirstOrDefault(t => !(Math.Abs(t.Weight) <= Heaviest)) is { } odd) throw new SearchException(FormattableString.Invariant($"a part of the query has the weight {odd.Weight}; weights are -1,000,000 to 1,000,000."));
    }

    /// <summary>Its parts.</summary>
    public IReadOnlyList<QueryTerm> Terms { get; }

    /// <summary>Whether it is made of texts alone.</summary>
    public bool IsText => Terms.All(t => t.Text is not null);

    /// <summary>Reads a query.</summary>
    /// <param name="query">As a person writes it.</param>
    /// <exception cref="SearchException">A part is empty, a quote has no end, or a picture is not there.</exception>
    public static SearchQuery Parse(string query) => Parse(query, files: true);

    /// <summary>Reads a query of texts alone: a part that ends as a picture's name is a text too, and no file is looked for. For queries of strangers.</summary>
    /// <param name="query">As a person writes it.</param>
    /// <exception cref="SearchException">A part is empty, or a quote has no end.</exception>
    public static SearchQuery ParseTexts(string query) => Parse(query, files: false);

    private static SearchQuery Parse(string query, bool files)
    {
        ArgumentNullException.ThrowIfNull(query);
        var terms = new List<QueryTerm>();
        var (at, sign) = (0, 1);
        if (Sign().Match(query) is { Success: true } first) (at, sign) = (first.Length, first.Value.Contains('-', StringComparison.Ordinal) ? -1 : 1);
        for (; ; )
        {
            var end = EndOfTerm(query, at);
            terms.Add(Term(query[at..end].Trim(), sign, query, files));
            if (end == query.Length) return new SearchQuery(terms);
            (at, sign) = (end + 3, query[end + 1] == '-' ? -1 : 1);
        }
    }

    /// <summary>Features [1, D] of the query.</summary>
    /// <exception cref="ClipException">A text is too long, or a picture cannot be read.</exception>
    public Matrix Encode(Clip clip, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var sum = new float[clip.Spec.EmbedDim];
        foreach (var t in Terms)
        {
            var features = t.Text is { } text ? clip.EncodeText([text], cancellationToken) : clip.EncodeImage([t.Picture!], cancellationToken);
            var unit = features.Normalized().Row(0);
            for (var i = 0; i < sum.Length; i++) sum[i] += (float)t.Weight * unit[i];
        }
        return new Matrix(1, sum.Length, sum);
    }

    // Where " + " or " - " begins outside of quotes, or the end.
    private static int EndOfTerm(string query, int from)
    {
        char? quote = null;
        for (var i = from; i < query.Length; i++)
        {
            if (quote is { } q) { if (query[i] == q) quote = null; }
            else if (Closing(query[i]) is { } closing) quote = closing;
            else if (i + 2 < query.Length && query[i] == ' ' && query[i + 1] is '+' or '-' && query[i + 2] == ' ') return i;
        }
        return quote is null ? query.Length : throw new SearchException($"the quote in '{query}' has no end. Close it with {quote}.");
    }

    private static char? Closing(char c) => c switch { '"' => '"', '“' => '”', '「' => '」', _ => null };

    private static QueryTerm Term(string part, int sign, string query, bool files)
    {
        var weight = 1.0;
        if (Weight().Match(part) is { Success: true } w) (weight, part) = (double.Parse(w.Groups[1].ValueSpan, CultureInfo.InvariantCulture), part[w.Length..]);
        if (part.Length == 0) throw new SearchException(query.Trim().Length == 0 ? "there is nothing to look for. Give words, or an example with --image." : $"a part of '{query}' is empty. A query is a text, or parts between ' + ' and ' - '.");
        if (Closing(part[0]) is { } closing && part[^1] == closing && part.Length > 1) return new QueryTerm(sign * weight, Quoted(part[1..^1], query));
        if (!files || !PictureFile.HasExtension(part)) return new QueryTerm(sign * weight, part);
        return File.Exists(part) ? new QueryTerm(sign * weight, null, part) : throw new SearchException($"there is no picture '{part}'. If it is a text, put it in quotes.");
    }

    private static string Quoted(string text, string query) => text.Trim().Length > 0 ? text : throw new SearchException($"a text of '{query}' is empty.");

    [GeneratedRegex(@"^\s*[+-] ", RegexOptions.CultureInvariant)]
    private static partial Regex Sign();

    [GeneratedRegex(@"^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*[*×]\s*", RegexOptions.CultureInvariant)]
    private static partial Regex Weight();
}
