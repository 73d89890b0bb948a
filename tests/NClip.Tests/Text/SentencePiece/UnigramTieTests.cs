using System.Text;
using NClip.Text.SentencePiece;
using Xunit;

namespace NClip.Tests.Text.SentencePiece;

/// <summary>Truth: google/sentencepiece unigram_model.cc, EncodeOptimized: a candidate is a double, what it is compared with a float.</summary>
public sealed class UnigramTieTests
{
    private const int Normal = 1, Unknown = 2, UserDefined = 4;

    /// <summary>"g" and "gg" in either order score the same; the sum rounded down makes the later split the better one.</summary>
    [Theory]
    [InlineData(-2.7f, -1.1f)]
    [InlineData(-2.3f, -0.7f)]
    [InlineData(-1.9f, -1.3f)]
    [InlineData(-5.1f, -3.3f)]
    public void Of_splits_that_score_the_same_the_rounding_of_the_first_decides(float one, float two)
    {
        var sum = (double)one + two;
        int[] expected = sum > (float)sum ? [2, 1] : [1, 2];
        Assert.Equal(expected, Tokenizer(("g", one, Normal), ("gg", two, Normal)).Encode("ggg"));
    }

    [Fact]
    public void Both_ways_of_rounding_are_among_the_ties()
    {
        (double, double)[] ties = [(-2.7f, -1.1f), (-2.3f, -0.7f), (-1.9f, -1.3f), (-5.1f, -3.3f)];
        Assert.Equal([false, true], ties.Select(t => t.Item1 + t.Item2 > (float)(t.Item1 + t.Item2)).Distinct().Order());
    }

    [Fact]
    public void A_user_defined_symbol_costs_a_tenth_where_all_scores_are_negative()
        => Assert.Equal([3], Tokenizer(("a", -5, Normal), ("b", -5, Normal), ("ab", 0, UserDefined)).Encode("ab"));

    private static SentencePieceTokenizer Tokenizer(params (string Text, float Score, int Kind)[] pieces)
    {
        var model = new List<byte>();
        foreach (var (text, score, kind) in pieces.Prepend(("<unk>", 0f, Unknown)))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            byte[] piece = [0x0A, (byte)bytes.Length, .. bytes, 0x15, .. BitConverter.GetBytes(score), 0x18, (byte)kind];
            model.AddRange([0x0A, (byte)piece.Length, .. piece]);
        }
        model.AddRange([0x1A, 2, 0x18, 0]); // no blank in front
        return new SentencePieceTokenizer(SentencePieceModel.Parse([.. model]));
    }
}
