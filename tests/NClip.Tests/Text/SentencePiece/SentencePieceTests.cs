using NClip.Text.Cleaning;
using NClip.Text.SentencePiece;
using Xunit;

namespace NClip.Tests.Text.SentencePiece;

/// <summary>Truth: the sentencepiece library 0.1.97, open_clip's cleaning and Hugging Face's published rules (reference/tokenizer_other).</summary>
public class SentencePieceTests
{
    private static readonly SentencePieceModel _unigram = SentencePieceModel.Read(Reference.Path("tokenizer_other/spm_unigram.model"));
    private static readonly SentencePieceModel _bpe = SentencePieceModel.Read(Reference.Path("tokenizer_other/spm_bpe.model"));

    [Fact]
    public void Unigram_ids_equal_the_library()
    {
        var tokenizer = new SentencePieceTokenizer(_unigram);
        var rows = 0;
        foreach (var row in OtherTokenizerCases.Rows("spm_unigram.jsonl"))
        {
            Assert.Equal(row.Ids("raw"), tokenizer.Encode(row.Text()));
            rows++;
        }
        Assert.Equal(600, rows);
    }

    [Fact]
    public void Bpe_ids_equal_the_library()
    {
        var tokenizer = new SentencePieceTokenizer(_bpe);
        var rows = 0;
        foreach (var row in OtherTokenizerCases.Rows("spm_bpe.jsonl"))
        {
            Assert.Equal(row.Ids("raw"), tokenizer.Encode(row.Text()));
            rows++;
        }
        Assert.Equal(300, rows);
    }

    [Fact]
    public void Siglip_ids_equal_hugging_faces_slow_tokenizer()
    {
        var tokenizer = new SiglipTokenizer(_unigram);
        foreach (var row in OtherTokenizerCases.Rows("spm_unigram.jsonl"))
            Assert.Equal(row.Context(1, "hf_slow", "open_clip"), Row(tokenizer.Encode(row.Text()), 64, end: 1, pad: 1));
    }

    [Fact]
    public void Siglip2_ids_equal_the_library_on_lower_cased_text()
    {
        var tokenizer = new SentencePieceTokenizer(_bpe);
        foreach (var row in OtherTokenizerCases.Rows("spm_bpe.jsonl"))
            Assert.Equal(row.Context(0, "siglip2"), Row(tokenizer.Encode(LowerCase.Characters(row.Text())), 64, end: 1, pad: 0));
    }

    private static long[] Row(int[] ids, int length, int end, int pad)
    {
        var row = new long[length];
        Array.Fill(row, pad);
        var count = Math.Min(ids.Length, length - 1);
        for (var i = 0; i < count; i++)
            row[i] = ids[i];
        row[count] = end;
        return row;
    }
}
