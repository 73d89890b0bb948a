using System.Buffers;
using System.Text;
using NClip.Text.Bpe;

namespace NClip.Text.Cleaning;

/// <summary>The text cleanings of the CLIP family. Static and pure; each names the reference function it equals.</summary>
internal static class TextCleaner
{
    // Of printable ASCII and line ends, only '&' means something to ftfy and the HTML unescape.
    private static readonly SearchValues<char> _plain = SearchValues.Create("\t\n !\"#$%'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");
    private static readonly SearchValues<char> _asciiPunctuation = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

    /// <summary>The names that open_clip has for its cleanings.</summary>
    public const string Lower = "lower", KeepCase = "whitespace", KeepCaseNoUnderscore = "whitespace_underscore", Canonical = "canonicalize";

    /// <summary>open_clip's cleaning of a name (<c>tokenizer_kwargs.clean</c>), and what it does to plain text.</summary>
    /// <param name="name"><c>lower</c>, <c>whitespace</c>, <c>whitespace_underscore</c> or <c>canonicalize</c>.</param>
    /// <exception cref="TokenizerException">There is no such cleaning.</exception>
    public static (Func<string, string> Clean, PlainText Plain) OpenClip(string name) => name switch
    {
        Lower => (OpenAI, PlainText.LowerCased),
        KeepCase => (Whitespace, PlainText.Kept),
        KeepCaseNoUnderscore => (WhitespaceUnderscore, PlainText.Cleaned),
        Canonical => (Canonicalize, PlainText.Cleaned),
        _ => throw new TokenizerException($"the configuration cleans texts by '{Excerpt.Of(name)}'; NClip knows lower, whitespace, whitespace_underscore and canonicalize."),
    };

    /// <summary>openai/CLIP: basic_clean, whitespace_clean, lower.</summary>
    public static string OpenAI(string text) => LowerCase.Words(OneBlank(Basic(text)));

    /// <summary>openai/CLIP with the call of ftfy left out.</summary>
    public static string WithoutFtfy(string text) => LowerCase.Words(OneBlank(HtmlEntities.Unescape(HtmlEntities.Unescape(text)), WhiteSpace.IsUnicode));

    /// <summary>open_clip's _clean_whitespace: no lower case.</summary>
    public static string Whitespace(string text) => OneBlank(Basic(text));

    /// <summary>open_clip's _clean_whitespace with underscores made blanks.</summary>
    public static string WhitespaceUnderscore(string text) => OneBlank(Basic(text).Replace('_', ' '));

    /// <summary>open_clip's _clean_canonicalize (big_vision's canonicalize_text after ftfy and HTML): underscores to blanks, ASCII punctuation away, lower case.</summary>
    public static string Canonicalize(string text) => CanonicalizeOnly(Basic(text));

    /// <summary>big_vision's canonicalize_text alone.</summary>
    public static string CanonicalizeOnly(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c == '_') kept.Append(' ');
            else if (!_asciiPunctuation.Contains(c)) kept.Append(c);
        }
        return OneBlank(LowerCase.Words(kept.ToString()));
    }

    /// <summary>transformers' BasicTokenizer as CLIPTokenizer uses it without ftfy: no HTML unescape.</summary>
    public static string HuggingFaceSlow(string text)
        => LowerCase.Words(OneBlank(UnicodeNormalization.Compose(_slow.Clean(text))));

    /// <summary>The normalizer of CLIPTokenizerFast: NFC, white space, lower case per code point.</summary>
    public static string HuggingFaceFast(string text)
    {
        text = UnicodeNormalization.Compose(text);
        var collapsed = new StringBuilder(text.Length);
        var inSpace = false;
        foreach (var c in text)
        {
            var space = WhiteSpace.IsUnicode(c);
            if (!space) collapsed.Append(c);
            else if (!inSpace) collapsed.Append(' ');
            inSpace = space;
        }
        return LowerCase.Characters(collapsed.ToString());
    }

    private static readonly BertCleaner _slow = new(BertRules.HuggingFaceSlow, Lower: false, StripAccents: false);

    /// <summary>openai/CLIP's basic_clean: ftfy, HTML unescape twice.</summary>
    public static string Basic(string text) => text.AsSpan().ContainsAnyExcept(_plain) ? HtmlEntities.Unescape(HtmlEntities.Unescape(Ftfy.FixText(text))) : text;

    /// <summary>Every run of white space becomes one blank; none at the ends.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isSpace">What counts as white space inside; null for Python's set. At the ends it is always Python's.</param>
    public static string OneBlank(string text, Func<int, bool>? isSpace = null)
    {
        if (!NeedsBlanks(text)) return text;
        isSpace ??= WhiteSpace.IsPython;
        var r = new StringBuilder(text.Length);
        var ends = text.AsSpan();
        while (ends.Length > 0 && WhiteSpace.IsPython(ends[0])) ends = ends[1..];
        while (ends.Length > 0 && WhiteSpace.IsPython(ends[^1])) ends = ends[..^1];
        foreach (var c in ends)
        {
            if (!isSpace(c)) r.Append(c);
            else if (r[^1] != ' ') r.Append(' ');
        }
        return r.ToString();
    }

    private static bool NeedsBlanks(string text)
    {
        var before = true; // a blank at the start, two in a row, one at the end, or another kind of white space
        foreach (var c in text)
        {
            var blank = c == ' ';
            if (blank ? before : WhiteSpace.IsPython(c)) return true;
            before = blank;
        }
        return before && text.Length > 0;
    }
}
