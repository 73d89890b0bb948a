using NClip.Text;
using NClip.Text.HuggingFace;
using NClip.Towers.Text;

namespace NClip.Architectures;

/// <summary>
/// A model's tokenizer and its rows, said once for all who make or read them: the length is the text tower's, the special ids are the tokenizer's own, and the
/// tower has to know them.
/// </summary>
internal static class SpecTexts
{
    /// <param name="spec">The model.</param>
    /// <param name="folder">Where its tokenizer lies, if it has one.</param>
    /// <exception cref="TokenizerException">A file is broken, or the tower does not know the tokenizer's special ids.</exception>
    public static TextPipeline Of(ClipSpec spec, string folder)
    {
        spec.Need(Towers.TextPart.Key, folder);
        var texts = TokenizerFolder.Load(folder, new TokenizerHints(spec.Text.Context) { VocabularySize = spec.Text.Vocabulary, Usual = spec.UsualContext });
        var c = texts.Context;
        if (c == spec.UsualContext) return texts;
        foreach (var (what, id) in new[] { ("starts texts with", c.StartId), ("ends texts with", c.EndId), ("pads with", c.PadId) })
            if (id < 0 || id >= spec.Text.Vocabulary) throw Foreign($"{what} id {id}, the text tower's vocabulary has {spec.Text.Vocabulary}", folder);
        if (spec.Text is TextTransformerSpec { Pooling: TextPooling.EndToken } t && t.EndId != c.EndId)
            throw Foreign($"ends texts with id {c.EndId}, the text tower looks for id {t.EndId}", folder);
        if (spec.Text.MaskedId is { } pad && pad != c.PadId) throw Foreign($"pads with id {c.PadId}, the text tower leaves out id {pad}", folder);
        return texts;
    }

    private static TokenizerException Foreign(string what, string folder) =>
        new($"the tokenizer {what}. Check that the tokenizer's files and the configuration belong to these weights.", folder);
}
