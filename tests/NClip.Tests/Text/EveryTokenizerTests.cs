using NClip.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;
using NClip.Text.SentencePiece;
using Xunit;

namespace NClip.Tests.Text;

/// <summary>What holds for tokenizers of every kind.</summary>
public sealed class EveryTokenizerTests
{
    [Fact]
    public void Half_a_surrogate_pair_counts_as_the_replacement_character()
    {
        foreach (var tokenizer in All())
        {
            foreach (var (half, whole) in new[] { ("\uD800", "\uFFFD"), ("a dog\uDC00 runs", "a dog\uFFFD runs"), ("\uDC00\uD800x\uD83D", "\uFFFD\uFFFDx\uFFFD"), ("é\uD83D\uDC36\uD83D", "é\uD83D\uDC36\uFFFD") })
                Assert.Equal(tokenizer.Encode(whole), tokenizer.Encode(half));
        }
    }

    [Fact]
    public void No_text_is_named_as_the_fault()
    {
        foreach (var tokenizer in All())
        {
            Assert.Equal("text", Assert.Throws<ArgumentNullException>(() => tokenizer.Encode(null!)).ParamName);
            var pipeline = new TextPipeline(tokenizer, ClipTokenizer.OpenAIContext);
            Assert.Equal("texts[1]", Assert.Throws<ArgumentNullException>(() => pipeline.Tokenize(["a", null!])).ParamName);
            Assert.Equal("texts[0]", Assert.Throws<ArgumentNullException>(() => pipeline.TokenizeChunks([null!])).ParamName);
            Assert.Equal("texts", Assert.Throws<ArgumentNullException>(() => pipeline.Tokenize(null!)).ParamName);
        }
    }

    [Fact]
    public void A_row_without_room_for_text_is_no_endless_loop()
        => Assert.Throws<TokenizerException>(() => new TextPipeline(ClipTokenizer.Default, new ContextSpec(2, 0, 1, 0)).TokenizeChunks(["a dog"]));

    private static List<ITokenizer> All()
    {
        var unigram = SentencePieceModel.Read(Reference.Path("tokenizer_other/spm_unigram.model"));
        var bpe = SentencePieceModel.Read(Reference.Path("tokenizer_other/spm_bpe.model"));
        List<ITokenizer> all =
        [
            ClipTokenizer.Default,
            .. new[] { ClipTextRules.WithoutFtfy, ClipTextRules.OpenClip("canonicalize"), ClipTextRules.HuggingFaceSlow(AddedTokens.None), ClipTextRules.HuggingFaceFast(AddedTokens.None, AddedTokens.None) }
                .Select(rules => new ClipTokenizer(ClipTokenizer.Vocabulary, rules)),
            new SentencePieceTokenizer(unigram), new SentencePieceTokenizer(bpe), new SiglipTokenizer(unigram),
            .. new[] { "bert", "unigram", "bpe", "roberta" }.Select(name => HuggingFaceTokenizer.Read(Reference.Path($"tokenizer_other/json/{name}.json"))),
        ];
        foreach (var (from, to, more) in new[] { ("wordpiece_vocab.txt", "vocab.txt", ""), ("wordpiece_vocab.txt", "vocab.txt", "BertTokenizer"), ("spm_bpe.model", "tokenizer.model", "SiglipTokenizer"), ("roberta_vocab.json", "vocab.json", "") })
        {
            using var folder = new TemporaryFolder();
            folder.Copy("tokenizer_other/" + from, to).Copy("tokenizer_other/roberta_merges.txt", "merges.txt");
            if (more.Length > 0) folder.Add("tokenizer_config.json", $$"""{"tokenizer_class":"{{more}}"}""");
            all.Add(TokenizerFolder.Load(folder.Path).Tokenizer);
        }
        return all;
    }
}
