using NClip.Text;
using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;
using NClip.Text.WordPiece;
using Xunit;

namespace NClip.Tests.Text.WordPiece;

/// <summary>Truth: google-research/bert and Chinese-CLIP run as they are, and Hugging Face's published rules (reference/tokenizer_other).</summary>
public class WordPieceTests
{
    private static readonly string[] _bert = TokenizerFiles.ReadVocabularyLines(Reference.Path("tokenizer_other/wordpiece_vocab.txt"));
    private static readonly string[] _chinese = TokenizerFiles.ReadVocabularyLines(Reference.Path("tokenizer_other/chinese_clip_vocab.txt"));
    private static readonly BertCleaner _google = new(BertRules.Google);

    [Fact]
    public void Ids_equal_googles_bert() =>
        AssertEqual(new WordPieceTokenizer(_bert, _google, maxWordLength: 200), "ids");

    [Fact]
    public void Ids_equal_googles_bert_with_words_up_to_100() =>
        AssertEqual(new WordPieceTokenizer(_bert, _google), "ids_max100", "ids");

    [Fact]
    public void Ids_equal_hugging_faces_fast_bert() =>
        AssertEqual(HuggingFace(_bert), "ids_hf_fast", "ids_max100", "ids");

    [Fact]
    public void Ids_of_a_tokenizer_json_equal_hugging_faces_fast_bert() =>
        AssertEqual(HuggingFaceTokenizer.Read(Reference.Path("tokenizer_other/json/bert.json")), "ids_hf_fast", "ids_max100", "ids");

    [Fact]
    public void Ids_equal_cased_bert() =>
        AssertEqual(new WordPieceTokenizer(_bert, _google with { Lower = false, StripAccents = false }, maxWordLength: 200), "ids_cased", "ids");

    [Fact]
    public void Ids_equal_chinese_clip() =>
        AssertEqual(new WordPieceTokenizer(_chinese, _google, maxWordLength: 200), "chinese_clip");

    [Fact]
    public void Ids_equal_chinese_clip_in_hugging_face()
    {
        var tokenizer = HuggingFace(_chinese);
        var limited = new WordPieceTokenizer(_chinese, _google);
        foreach (var row in OtherTokenizerCases.Rows("wordpiece.jsonl"))
        {
            var expected = row.TryGetProperty("chinese_clip_hf_fast", out _) ? row.Ids("chinese_clip_hf_fast") : limited.Encode(row.Text());
            Assert.Equal(expected, tokenizer.Encode(row.Text()));
        }
    }

    [Fact]
    public void A_vocabulary_without_the_unknown_piece_is_refused()
    {
        var e = Assert.Throws<TokenizerException>(() => new WordPieceTokenizer(["a", "b"], _google, file: "vocab.txt"));
        Assert.Contains("[UNK]", e.Message, StringComparison.Ordinal);
        Assert.Equal("vocab.txt", e.File);
    }

    [Fact]
    public void Decoding_glues_the_pieces_of_a_word()
    {
        var tokenizer = new WordPieceTokenizer(["[UNK]", "play", "##ing", "dogs"], _google);
        Assert.Equal("playing dogs", tokenizer.Decode(tokenizer.Encode("Playing  DOGS")));
    }

    private static WordPieceTokenizer HuggingFace(string[] pieces) => new(
        pieces,
        new BertCleaner(BertRules.HuggingFace),
        new AddedTokens(new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Select(s => new AddedToken(Array.IndexOf(pieces, s), s))));

    private static void AssertEqual(ITokenizer tokenizer, params string[] keys)
    {
        var rows = 0;
        foreach (var row in OtherTokenizerCases.Rows("wordpiece.jsonl"))
        {
            Assert.Equal(row.Ids(keys), tokenizer.Encode(row.Text()));
            rows++;
        }
        Assert.Equal(800, rows);
    }
}
