using NClip.Training.Tokenizers;
using Xunit;

namespace NClip.Training.Tests.Tokenizers;

public class WordPieceTrainerTests
{
    [Fact]
    public void Frequent_words_become_one_piece_and_rare_ones_are_spelled_from_parts()
    {
        var vocabulary = WordPieceTrainer.Train(new Dictionary<string, long> { ["photo"] = 100, ["phone"] = 60, ["tone"] = 50, ["苹"] = 9, ["photone"] = 1 }, 40);
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]"], vocabulary.Take(4));
        Assert.Contains("photo", vocabulary);
        Assert.Contains("苹", vocabulary);
        Assert.Equal(vocabulary.Count, vocabulary.Distinct().Count());
        var encoder = new RowEncoder(vocabulary, 16);
        Assert.Equal([2, vocabulary.IndexOf("photo"), vocabulary.IndexOf("苹"), 3], encoder.Encode("Photo 苹"));
        Assert.True(encoder.Encode("photone").Length > 3);
        Assert.DoesNotContain(1, encoder.Encode("photone"));
    }

    [Fact]
    public void Rows_are_cut_to_the_context_and_keep_their_end()
    {
        var encoder = new RowEncoder(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"], 6);
        Assert.Equal([2, 4, 4, 4, 4, 3], encoder.Encode("a a a a a a a"));
    }
}
