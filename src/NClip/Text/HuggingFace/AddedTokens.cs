using System.Buffers;
using NClip.Text.Cleaning;

namespace NClip.Text.HuggingFace;

/// <summary>A token that is cut out of the text before it is encoded, as Hugging Face's tokenizers do.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">What is looked for, letter by letter.</param>
/// <param name="StripLeft">White space on its left goes with it.</param>
/// <param name="StripRight">White space on its right goes with it.</param>
/// <param name="SingleWord">Found only where no letter, digit or underscore touches it.</param>
/// <param name="Normalized">Looked for in the normalized text instead of the raw one.</param>
internal sealed record AddedToken(int Id, string Content, bool StripLeft = false, bool StripRight = false, bool SingleWord = false, bool Normalized = false)
{
    private const int MaxLength = 1024;

    /// <summary>As Hugging Face's files write one.</summary>
    public static AddedToken Read(TokenizerJson json, int id) => new(
        id,
        ReadContent(json.Need("content")),
        json.Flag("lstrip", false),
        json.Flag("rstrip", false),
        json.Flag("single_word", false),
        json.Flag("normalized", true));

    /// <summary>Every character of a text may be the beginning of one, which is walked as far as it goes.</summary>
    private static string ReadContent(TokenizerJson json) => json.Text() is { Length: <= MaxLength } content ? content
        : throw json.Unsupported($"{json.Text().Length} characters long", $"added tokens of at most {MaxLength}");
}

/// <summary>A piece of a text: ordinary characters, or one added token.</summary>
internal readonly record struct TextPart(int Start, int Length, int? Id);

/// <summary>Cuts added tokens out of a text: leftmost first, and of those at one place the longest.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _tokens;
    private readonly SearchValues<char> _first;

    // A prefix tree: the node behind a node and a character, and the token that ends at a node. Of equal contents the first counts.
    private readonly Dictionary<(int Node, char Next), int> _nodes = [];
    private readonly List<AddedToken?> _ends = [null];

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _tokens = [.. tokens.Where(t => t.Content.Length > 0)];
        _first = SearchValues.Create([.. _tokens.Select(t => t.Content[0]).Distinct()]);
        foreach (var token in _tokens)
        {
            var node = 0;
            foreach (var c in token.Content)
            {
                if (!_nodes.TryGetValue((node, c), out var next))
                {
                    _nodes[(node, c)] = next = _ends.Count;
                    _ends.Add(null);
                }
                node = next;
            }
            _ends[node] ??= token;
        }
    }

    public static AddedTokens None { get; } = new([]);

    /// <summary>The tokens, as given.</summary>
    public IReadOnlyList<AddedToken> Tokens => _tokens;

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
        AddedToken? longest = null;
        var node = 0;
        for (var end = at; end < text.Length && _nodes.TryGetValue((node, text[end]), out node); end++)
        {
            if (_ends[node] is { } token && !(token.SingleWord && (TouchesWord(text, at - 1) || TouchesWord(text, end + 1))))
                longest = token;
        }
        return longest;
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int at) =>
        at >= 0 && at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_');
}
