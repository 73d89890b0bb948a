namespace NClip.Text;

/// <summary>What OpenAI, open_clip and Hugging Face do differently around the same vocabulary.</summary>
/// <param name="Clean">Text cleaning before the words are found.</param>
/// <param name="Specials">Tokens that the word expression itself finds: as they are spelt in texts, and in the vocabulary.</param>
/// <param name="CaseSensitive">Whether the word expression minds case.</param>
/// <param name="Added">Tokens that are cut out of the text, or null.</param>
/// <param name="AddedAfterCleaning">Whether they are looked for in the cleaned text instead of the raw one.</param>
internal sealed record ClipTextRules(Func<string, string> Clean, (string Spelling, string Token)[] Specials, bool CaseSensitive = false, AddedTokens? Added = null, bool AddedAfterCleaning = false)
{
    private const string Start = "<|startoftext|>", End = "<|endoftext|>";

    private static readonly (string, string)[] _openAISpecials = [(Start, Start), (End, End)];

    /// <summary>openai/CLIP.</summary>
    public static ClipTextRules OpenAI { get; } = new(TextCleaner.OpenAI, _openAISpecials);

    /// <summary>openai/CLIP without ftfy.</summary>
    public static ClipTextRules WithoutFtfy { get; } = new(TextCleaner.WithoutFtfy, _openAISpecials);

    /// <summary>open_clip with one of its cleaners; its specials are spelt <c>&lt;start_of_text&gt;</c> and <c>&lt;end_of_text&gt;</c>.</summary>
    public static ClipTextRules OpenClip(Func<string, string> clean) => new(clean, [("<start_of_text>", Start), ("<end_of_text>", End)]);

    /// <summary>transformers' CLIPTokenizer without ftfy.</summary>
    public static ClipTextRules HuggingFaceSlow(AddedTokens added) => new(TextCleaner.HuggingFaceSlow, _openAISpecials, Added: added);

    /// <summary>transformers' CLIPTokenizerFast.</summary>
    /// <param name="added">The added tokens.</param>
    /// <param name="normalized">Whether they are looked for in the cleaned text (tokenizer.json's flag).</param>
    public static ClipTextRules HuggingFaceFast(AddedTokens added, bool normalized) => new(TextCleaner.HuggingFaceFast, [], CaseSensitive: true, Added: added, AddedAfterCleaning: normalized);
}
