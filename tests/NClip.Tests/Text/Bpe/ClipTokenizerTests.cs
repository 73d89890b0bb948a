using System.IO.Compression;
using System.Text.Json;
using NClip.Text;
using NClip.Text.Bpe;
using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;
using Xunit;

namespace NClip.Tests.Text.Bpe;

/// <summary>Ids of the reference's 4,870 texts in its four pipelines (reference/tokenizer/cases.jsonl).</summary>
public sealed class ClipTokenizerTests
{
    private sealed record Case(int Id, string Category, string Text, JsonElement Json)
    {
        public bool IsMojibake => Json.GetProperty("ftfy_encoding_changed").GetBoolean();

        public int[] Ids(string key) => [.. (Json.TryGetProperty(key, out var ids) ? ids : Json.GetProperty("ids")).EnumerateArray().Select(e => e.GetInt32())];
    }

    private static readonly Case[] _cases = [.. File.ReadLines(Reference.Path("tokenizer/cases.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)
        .Select(e => new Case(e.GetProperty("id").GetInt32(), e.GetProperty("category").GetString()!, e.GetProperty("text").GetString()!, e))];

    private static readonly AddedTokens _added = new([new AddedToken(49406, "<|startoftext|>"), new AddedToken(49407, "<|endoftext|>")]);

    [Fact]
    public void Ids_equal_openai_clip_on_every_case()
    {
        Assert.Equal(4870, _cases.Length);
        AllEqual(_cases.Where(c => !c.IsMojibake), "ids", ClipTokenizer.Default);
    }

    [Fact]
    public void Ids_equal_openai_clip_on_every_mojibake_case()
    {
        Assert.Equal(687, _cases.Count(c => c.IsMojibake));
        AllEqual(_cases.Where(c => c.IsMojibake), "ids", ClipTokenizer.Default);
    }

    [Fact]
    public void Ids_equal_openai_clip_without_ftfy() => AllEqual(_cases, "ids_noftfy", new ClipTokenizer(ClipTokenizer.Vocabulary, ClipTextRules.WithoutFtfy));

    [Fact]
    public void Ids_equal_the_slow_hugging_face_tokenizer() => AllEqual(_cases, "ids_hf_slow", new ClipTokenizer(ClipTokenizer.Vocabulary, ClipTextRules.HuggingFaceSlow(_added)));

    [Fact]
    public void Ids_equal_the_fast_hugging_face_tokenizer() => AllEqual(_cases, "ids_hf_fast", new ClipTokenizer(ClipTokenizer.Vocabulary, ClipTextRules.HuggingFaceFast(AddedTokens.None, _added)));

    /// <summary>As transformers writes tokenizer.json for CLIP. The end token's "normalized" stands both ways in published files; false finds only its exact spelling.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void Ids_of_a_tokenizer_json_equal_the_fast_hugging_face_tokenizer(bool normalized)
    {
        using var folder = new TemporaryFolder();
        folder.Add("tokenizer.json", ClipJson(normalized));
        var tokenizer = HuggingFaceTokenizer.Read(Path.Combine(folder.Path, "tokenizer.json"));
        Assert.Equal(normalized, tokenizer.Encode("<|EndOfText|>").SequenceEqual([49407]));
        AllEqual(_cases.Where(c => normalized || c.Text is not ("<|EndOfText|>" or "<|ENDOFTEXT|> shouting")), "ids_hf_fast", tokenizer);
    }

    private static string ClipJson(bool normalized)
    {
        var vocabulary = ClipTokenizer.Vocabulary;
        using var merges = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Reference.Root, "src/NClip/Text/Data/bpe_simple_vocab_16e6.txt.gz")), CompressionMode.Decompress));
        return JsonSerializer.Serialize(new
        {
            added_tokens = new[] { new { id = 49406, content = "<|startoftext|>", normalized = true, special = true }, new { id = 49407, content = "<|endoftext|>", normalized, special = true } },
            normalizer = new { type = "Sequence", normalizers = new object[] { new { type = "NFC" }, new { type = "Replace", pattern = new { Regex = "\\s+" }, content = " " }, new { type = "Lowercase" } } },
            pre_tokenizer = new
            {
                type = "Sequence",
                pretokenizers = new object[]
                {
                    new { type = "Split", pattern = new { Regex = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+" }, behavior = "Removed", invert = true },
                    new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true },
                },
            },
            post_processor = new { type = "RobertaProcessing", sep = new object[] { "<|endoftext|>", 49407 }, cls = new object[] { "<|startoftext|>", 49406 }, trim_offsets = false, add_prefix_space = false },
            model = new
            {
                type = "BPE",
                unk_token = "<|endoftext|>",
                continuing_subword_prefix = "",
                end_of_word_suffix = "</w>",
                vocab = Enumerable.Range(0, vocabulary.VocabularySize).ToDictionary(i => vocabulary.Token(i)!),
                merges = merges.ReadToEnd().Split('\n')[1..48895],
            },
        });
    }

    [Fact]
    public void Fixed_text_equals_ftfy()
    {
        var wrong = _cases.Select(c => (c.Id, Want: c.Json.TryGetProperty("ftfy_text", out var t) ? t.GetString()! : c.Text, Got: Ftfy.FixText(c.Text))).Where(x => x.Want != x.Got).ToArray();
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {_cases.Length} texts are fixed otherwise, first: {string.Join("; ", wrong.Take(5).Select(x => $"case {x.Id} \"{x.Got}\" instead of \"{x.Want}\""))}");
    }

    [Fact]
    public void Decoded_text_equals_openai_clip()
    {
        var wrong = _cases.Where(c => ClipTokenizer.Default.Decode(c.Ids("ids")) != c.Json.GetProperty("decoded").GetString()).ToArray();
        Assert.True(wrong.Length == 0, $"{wrong.Length} differ: cases {string.Join(", ", wrong.Take(10).Select(c => c.Id))}");
    }

    [Fact]
    public void Many_threads_get_the_same_ids()
    {
        var plain = _cases.Where(c => c.Category == "caption").ToArray();
        Parallel.For(0, 4 * plain.Length, i => Assert.Equal(plain[i % plain.Length].Ids("ids"), ClipTokenizer.Default.Encode(plain[i % plain.Length].Text)));
    }

    [Fact]
    public void A_word_of_a_million_letters_is_encoded()
        => Assert.Equal(1_000_000, ClipTokenizer.Default.Decode(ClipTokenizer.Default.Encode(new string('a', 1_000_000))).TrimEnd().Length);

    private static void AllEqual(IEnumerable<Case> cases, string key, ITokenizer tokenizer)
    {
        var wrong = cases.Where(c => !tokenizer.Encode(c.Text).AsSpan().SequenceEqual(c.Ids(key))).ToArray();
        Assert.True(wrong.Length == 0, $"{wrong.Length} differ in {key}: {string.Join(", ", wrong.GroupBy(c => c.Category).Select(g => $"{g.Key} {g.Count()}"))}; cases {string.Join(", ", wrong.Take(10).Select(c => c.Id))}");
    }
}
