using NClip.Text;
using NClip.Text.HuggingFace;
using NClip.Towers;
using NClip.Towers.Text;

namespace NClip.Architectures;

/// <summary>
/// A model's tokenizer and its rows, said once for all who make or read them: the length is the text tower's, the special ids are the tokenizer's own, and the
/// tower has to know them.
/// </summary>
internal static class SpecTexts
{
    /// <summary>The vocabulary of the second tokenizer, where a text tower reads with two.</summary>
    public const string SentenceVocabulary = "sentence_vocab.txt";

    /// <param name="spec">The model.</param>
    /// <param name="folder">Where its tokenizer lies, if it has one.</param>
    /// <exception cref="TokenizerException">A file is broken, or the tower does not know the tokenizer's special ids.</exception>
    public static TextPipeline Of(ClipSpec spec, string folder)
    {
        spec.Need(Towers.TextPart.Key, folder);
        if (spec.Text is not SentenceMixSpec mix) return Checked(spec.Text, spec.UsualContext, TokenizerFolder.Load(folder, Hints(spec.Text, spec.UsualContext)), folder);
        var words = Checked(mix.Words, mix.Words.UsualContext, TokenizerFolder.Load(folder, Hints(mix.Words, mix.Words.UsualContext)), folder);
        var sentence = TokenizerFolder.LoadWordPiece(Path.Combine(folder, SentenceVocabulary), Hints(mix.Sentence, mix.Sentence.UsualContext));
        return TextPipeline.Of(new PairedTexts(words, Checked(mix.Sentence, mix.Sentence.UsualContext, sentence, folder)));
    }

    private static TokenizerHints Hints(TextTowerSpec text, ContextSpec usual) => new(text.Context) { VocabularySize = text.Vocabulary, Usual = usual };

    private static TextPipeline Checked(TextTowerSpec text, ContextSpec usual, TextPipeline texts, string folder)
    {
        var c = texts.Context;
        if (c == usual) return texts;
        foreach (var (what, id) in new[] { ("starts texts with", c.StartId), ("ends texts with", c.EndId), ("pads with", c.PadId) })
            if (id < 0 || id >= text.Vocabulary) throw Foreign($"{what} id {id}, the text tower's vocabulary has {text.Vocabulary}", folder);
        if (text is TextTransformerSpec { Pooling: TextPooling.EndToken } t && t.EndId != c.EndId)
            throw Foreign($"ends texts with id {c.EndId}, the text tower looks for id {t.EndId}", folder);
        if (text.MaskedId is { } pad && pad != c.PadId) throw Foreign($"pads with id {c.PadId}, the text tower leaves out id {pad}", folder);
        return texts;
    }

    private static TokenizerException Foreign(string what, string folder) =>
        new($"the tokenizer {what}. Check that the tokenizer's files and the configuration belong to these weights.", folder);
}
