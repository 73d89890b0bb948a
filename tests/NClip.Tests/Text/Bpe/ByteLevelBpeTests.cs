using System.Text;
using NClip.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;
using Xunit;

namespace NClip.Tests.Text.Bpe;

/// <summary>The quick ways of the tokenizer (short words, long words, word cache, plain text) against the slow ones that define them.</summary>
public sealed class ByteLevelBpeTests
{
    private static readonly ByteLevelBpe _bpe = ClipTokenizer.Vocabulary;

    [Fact]
    public void Words_of_every_length_are_merged_as_the_definition_says()
    {
        var random = new Random(3);
        var ranks = Ranks();
        for (var length = 1; length <= 140; length++)
        {
            // Letters that merge often, some of two bytes.
            var word = new string([.. Enumerable.Range(0, length).Select(_ => "aeinorstl\u00E9"[random.Next(10)])]);
            var ids = new List<int>();
            _bpe.Encode(word, ids);
            Assert.Equal(Definition(word, ranks), ids.Select(_bpe.Token));
        }
    }

    [Fact]
    public void Plain_text_needs_no_cleaning()
    {
        ClipTextRules[] rules = [ClipTextRules.OpenAI, ClipTextRules.WithoutFtfy, ClipTextRules.OpenClip("lower"), ClipTextRules.OpenClip("whitespace"),
            ClipTextRules.HuggingFaceSlow(AddedTokens.None), ClipTextRules.HuggingFaceFast(AddedTokens.None, AddedTokens.None)];
        var random = new Random(4);
        foreach (var rule in rules)
        {
            var (quick, slow) = (new ClipTokenizer(_bpe, rule), new ClipTokenizer(_bpe, rule with { Plain = PlainText.Cleaned }));
            for (var i = 0; i < 1500; i++)
            {
                var text = new string([.. Enumerable.Range(0, random.Next(24)).Select(_ => "  \t\nabstrelmdvSTRELMDV''''\"09!._-;|>zZ"[random.Next(38)])]);
                Assert.True(ClipWords.IsPlain(text));
                Assert.True(slow.Encode(text).AsSpan().SequenceEqual(quick.Encode(text)), $"\"{text}\"");
            }
        }
    }

    [Fact]
    public void Words_that_differ_in_length_only_are_not_mixed_up()
    {
        // The cache keeps words in 16 bytes; NUL is a character like others where ftfy does not remove it.
        foreach (var text in new[] { "!", "!\0", "!\0\0", "!" })
        {
            var ids = new List<int>();
            _bpe.Encode(text, ids);
            Assert.Equal(text, _bpe.Decode([.. ids], ClipTokenizer.EndOfWord)[..^1]);
        }
    }

    [Fact]
    public void More_words_than_the_cache_holds_are_encoded_by_many_threads()
    {
        var words = Enumerable.Range(0, 100_000).Select(i => $"w{i:x}q").ToArray();
        Parallel.For(0, 8, thread =>
        {
            var ids = new List<int>();
            for (var i = thread % 3; i < words.Length; i += 3)
            {
                ids.Clear();
                _bpe.Encode(words[i], ids);
                Assert.Equal(words[i], string.Concat(ids.Select(_bpe.Token))[..^ClipTokenizer.EndOfWord.Length]);
            }
        });
    }

    [Fact]
    public void A_merge_without_its_token_is_refused()
    {
        string[] tokens = [.. Enumerable.Range(0, 256).Select(b => ByteSymbols.Of((byte)b).ToString())];
        var e = Assert.Throws<TokenizerException>(() => new ByteLevelBpe(tokens, [("a", "b")], "", "merges.txt"));
        Assert.Contains("'ab'", e.Message, StringComparison.Ordinal);
        Assert.Equal("merges.txt", e.File);
    }

    // All occurrences of the pair with the lowest merge number, left to right, until none is left.
    private static List<string> Definition(string word, Dictionary<(string, string), int> ranks)
    {
        var symbols = Encoding.UTF8.GetBytes(word).Select(b => ByteSymbols.Of(b).ToString()).ToList();
        symbols[^1] += ClipTokenizer.EndOfWord;
        while (symbols.Count > 1)
        {
            var best = symbols.Zip(symbols.Skip(1)).MinBy(p => ranks.GetValueOrDefault(p, int.MaxValue));
            if (!ranks.ContainsKey(best)) break;
            for (var i = 0; i + 1 < symbols.Count; i++)
            {
                if ((symbols[i], symbols[i + 1]) != best) continue;
                symbols[i] += symbols[i + 1];
                symbols.RemoveAt(i + 1);
            }
        }
        return symbols;
    }

    private static Dictionary<(string, string), int> Ranks()
    {
        using var reader = new StreamReader(EmbeddedData.Open("bpe_simple_vocab_16e6.txt.gz"), Encoding.UTF8);
        return reader.ReadToEnd().Split('\n').Skip(1).Take(48894).Select((l, i) => (l.Split(' '), i)).ToDictionary(x => (x.Item1[0], x.Item1[1]), x => x.i);
    }
}
