namespace NClip.Text;

/// <summary>What a model's configuration or weights say about its tokenizer, beside the tokenizer's own files. All of it is optional.</summary>
/// <param name="ContextLength">Tokens in a row: <c>context_length</c>, <c>max_position_embeddings</c> or the rows of the position table. Null = as the folder's files say, else the family's.</param>
/// <param name="Family">Kind of model: <c>clip</c>, <c>siglip</c>, <c>siglip2</c>, <c>chinese_clip</c>, <c>bert</c>, <c>roberta</c> (Hugging Face's <c>model_type</c>). Null = as the folder's files say.</param>
/// <param name="TokenizerName">open_clip's <c>hf_tokenizer_name</c>, or null.</param>
/// <param name="Clean">open_clip's cleaning of the text: <c>lower</c>, <c>whitespace</c>, <c>whitespace_underscore</c>, <c>canonicalize</c>; null = the tokenizer's own.</param>
/// <param name="StripSeparator">open_clip's <c>strip_sep_token</c>: end tokens become padding.</param>
internal sealed record TokenizerHints(int? ContextLength = null, string? Family = null, string? TokenizerName = null, string? Clean = null, bool StripSeparator = false)
{
    /// <summary>Rows of the text tower's embedding; null = as the folder's files say.</summary>
    internal int? VocabularySize { get; init; }

    /// <summary>The rows of such text towers where no tokenizer's file says otherwise; null = not known.</summary>
    internal ContextSpec? Usual { get; init; }
}
