using NClip.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;
using Xunit;

namespace NClip.Tests.Text.Bpe;

/// <summary>Truth: openai/gpt-2's encoder run as it is, and Hugging Face's published rules (reference/tokenizer_other).</summary>
public class RobertaTests
{
    private static readonly ByteLevelBpe _bpe =
        BpeFiles.Read(Reference.Path("tokenizer_other/roberta_vocab.json"), Reference.Path("tokenizer_other/roberta_merges.txt")).Bpe;

    [Fact]
    public void Ids_equal_gpt2s_encoder_and_come_back_as_the_text()
    {
        var tokenizer = new RobertaTokenizer(_bpe);
        AssertEqual(tokenizer, "ids");
        foreach (var row in OtherTokenizerCases.Rows("roberta.jsonl"))
            Assert.Equal(row.Text(), tokenizer.Decode(row.Ids("ids")));
    }

    [Fact]
    public void Ids_with_a_blank_in_front_equal_the_slow_rule() =>
        AssertEqual(new RobertaTokenizer(_bpe, PrefixSpace.UnlessWhiteSpace), "ids_prefix_space", "ids");

    [Fact]
    public void Ids_with_a_blank_in_front_equal_the_fast_rule() =>
        AssertEqual(new RobertaTokenizer(_bpe, PrefixSpace.UnlessBlank), "ids_prefix_space_fast", "ids_prefix_space", "ids");

    [Fact]
    public void Literal_special_tokens_are_ids_and_the_mask_takes_the_blank_on_its_left()
    {
        var special = new[] { "<s>", "<pad>", "</s>", "<unk>", "<mask>" }.Select(s => new AddedToken(_bpe.Find(s)!.Value, s, StripLeft: s == "<mask>"));
        AssertEqual(new RobertaTokenizer(_bpe, added: new AddedTokens(special)), "ids_hf_specials", "ids");
    }

    [Fact]
    public void Ids_of_a_tokenizer_json_equal_those_with_special_tokens() =>
        AssertEqual(HuggingFaceTokenizer.Read(Reference.Path("tokenizer_other/json/roberta.json")), "ids_hf_specials", "ids");

    [Fact]
    public void Rows_of_77_equal_the_reference()
    {
        var pipeline = new TextPipeline(new RobertaTokenizer(_bpe), new ContextSpec(77, 0, 2, 1));
        var rows = 0;
        foreach (var row in OtherTokenizerCases.Rows("roberta.jsonl").Where(r => r.TryGetProperty("context77", out _)))
        {
            Assert.Equal(row.Context(1, "context77"), pipeline.Tokenize([row.Text()], ContextOverflow.Truncate));
            rows++;
        }
        Assert.True(rows > 20, $"only {rows} rows");
    }

    private static void AssertEqual(ITokenizer tokenizer, params string[] keys)
    {
        var rows = 0;
        foreach (var row in OtherTokenizerCases.Rows("roberta.jsonl"))
        {
            Assert.Equal(row.Ids(keys), tokenizer.Encode(row.Text()));
            rows++;
        }
        Assert.Equal(300, rows);
    }
}
