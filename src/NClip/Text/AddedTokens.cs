using System.Buffers;

namespace NClip.Text;

/// <summary>A token that is cut out of the text before it is encoded, as Hugging Face's tokenizers do.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">What is looked for, letter by letter.</param>
/// <param name="StripLeft">White space on its left goes with it.</param>
/// <param name="StripRight">White space on its right goes with it.</param>
/// <param name="SingleWord">Found only where no letter, digit or underscore touches it.</param>
/// <param name="Normalized">Looked for in the normalized text instead of the raw one.</param>
internal sealed record AddedToken(int Id, string Content, bool StripLeft = false, bool StripRight = false, bool SingleWord = false, bool Normalized = false);

/// <summary>A piece of a text: ordinary characters, or one added token.</summary>
internal readonly record struct TextPart(int Start, int Length, int? Id);

/// <summary>Cuts added tokens out of a text: leftmost first, and of those at one place the longest.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _tokens;
    private readonly SearchValues<char> _first;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _tokens = [.. tokens.Where(t => t.Content.Length > 0).OrderByDescending(t => t.Content.Length)];
        _first = SearchValues.Create([.. _tokens.Select(t => t.Content[0]).Distinct()]);
    }

    public static AddedTokens None { get; } = new([]);

    /// <summary>Whether a token's content is such that <paramref name="match"/> holds.</summary>
    public bool AnyMatches(Func<string, bool> match) => Array.Exists(_tokens, t => match(t.Content));

    /// <summary>The parts in order; empty stretches between tokens are left out.</summary>
    public List<TextPart> Split(ReadOnlySpan<char> text)
    {
        var parts = new List<TextPart>(1);
        int open = 0, at = 0;
        while (at < text.Length)
        {
            var hop = text[at..].IndexOfAny(_first);
            if (hop < 0)
                break;
            at += hop;
            if (Match(text, at) is not { } token)
            {
                at++;
                continue;
            }
            int start = at, end = at + token.Content.Length;
            while (token.StripLeft && start > open && WhiteSpace.IsUnicode(text[start - 1]))
                start--;
            while (token.StripRight && end < text.Length && WhiteSpace.IsUnicode(text[end]))
                end++;
            if (start > open)
                parts.Add(new TextPart(open, start - open, null));
            parts.Add(new TextPart(start, end - start, token.Id));
            open = at = end;
        }
        if (open < text.Length)
            parts.Add(new TextPart(open, text.Length - open, null));
        return parts;
    }

    /// <summary>The ids of a text: an added token is its own, what stands between them is encoded.</summary>
    /// <param name="text">The text.</param>
    /// <param name="encode">Appends the ids of one stretch of it, which begins at the given place.</param>
    public int[] Encode(string text, Action<string, int, List<int>> encode)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        Encode(text, encode, ids);
        return [.. ids];
    }

    /// <summary>As the other, appending to a list.</summary>
    public void Encode(string text, Action<string, int, List<int>> encode, List<int> ids)
    {
        foreach (var part in Split(text))
        {
            if (part.Id is { } id)
                ids.Add(id);
            else
                encode(text.Substring(part.Start, part.Length), part.Start, ids);
        }
    }

    private AddedToken? Match(ReadOnlySpan<char> text, int at)
    {
        foreach (var token in _tokens)
        {
            if (text[at..].StartsWith(token.Content, StringComparison.Ordinal)
                && !(token.SingleWord && (TouchesWord(text, at - 1) || TouchesWord(text, at + token.Content.Length))))
                return token;
        }
        return null;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int at) =>
        at >= 0 && at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_');
}
