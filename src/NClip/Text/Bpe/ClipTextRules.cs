using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;

namespace NClip.Text.Bpe;

/// <summary>What a cleaning does to printable ASCII without <c>&amp;</c> and <c>&lt;</c>, beside putting its white space in order.</summary>
internal enum PlainText
{
    /// <summary>More than the others: the text must be cleaned.</summary>
    Cleaned,

    /// <summary>Nothing.</summary>
    Kept,

    /// <summary>Capitals become small letters.</summary>
    LowerCased,
}

/// <summary>What OpenAI, open_clip and Hugging Face do differently around the same vocabulary.</summary>
/// <param name="Clean">Text cleaning before the words are found.</param>
/// <param name="Plain">What it comes to for plain text.</param>
/// <param name="Specials">Tokens that the word expression itself finds: as they are spelt in texts, and in the vocabulary. They begin with <c>&lt;</c>.</param>
/// <param name="CaseSensitive">Whether the word expression minds case.</param>
/// <param name="Added">Tokens that are cut out of the raw text, or null.</param>
/// <param name="AddedToCleaned">Tokens that are cut out of the cleaned text, or null.</param>
internal sealed record ClipTextRules(Func<string, string> Clean, PlainText Plain, (string Spelling, string Token)[] Specials, bool CaseSensitive = false, AddedTokens? Added = null, AddedTokens? AddedToCleaned = null)
{
    /// <summary>The start token, as OpenAI spells it.</summary>
    public const string Start = "<|startoftext|>";

    /// <summary>The end token, as OpenAI spells it.</summary>
    public const string End = "<|endoftext|>";

    private static readonly (string, string)[] _openAISpecials = [(Start, Start), (End, End)];
    private static readonly (string, string)[] _openClipSpecials = [("<start_of_text>", Start), ("<end_of_text>", End)];

    /// <summary>The cleaning by the name that open_clip has for it.</summary>
    public string Cleaning { get; init; } = TextCleaner.Lower;

    /// <summary>openai/CLIP.</summary>
    public static ClipTextRules OpenAI { get; } = new(TextCleaner.OpenAI, PlainText.LowerCased, _openAISpecials);

    /// <summary>openai/CLIP without ftfy.</summary>
    public static ClipTextRules WithoutFtfy { get; } = new(TextCleaner.WithoutFtfy, PlainText.LowerCased, _openAISpecials);

    /// <summary>open_clip with one of its cleaners; its specials are spelt <c>&lt;start_of_text&gt;</c> and <c>&lt;end_of_text&gt;</c>.</summary>
    /// <param name="clean"><c>lower</c> (its default), <c>whitespace</c>, <c>whitespace_underscore</c> or <c>canonicalize</c>.</param>
    /// <exception cref="TokenizerException">There is no such cleaner.</exception>
    public static ClipTextRules OpenClip(string clean)
    {
        var (by, plain) = TextCleaner.OpenClip(clean);
        return new(by, plain, _openClipSpecials) { Cleaning = clean };
    }

    /// <summary>transformers' CLIPTokenizer without ftfy.</summary>
    public static ClipTextRules HuggingFaceSlow(AddedTokens added) => new(TextCleaner.HuggingFaceSlow, PlainText.LowerCased, _openAISpecials, Added: added);

    /// <summary>transformers' CLIPTokenizerFast.</summary>
    /// <param name="added">Added tokens that are looked for in the raw text.</param>
    /// <param name="normalized">Those that are looked for in the cleaned text, as OpenAI's folders have it.</param>
    public static ClipTextRules HuggingFaceFast(AddedTokens added, AddedTokens normalized) => new(TextCleaner.HuggingFaceFast, PlainText.LowerCased, [], CaseSensitive: true, added, normalized);
}
