using NClip.Text;
using NClip.Text.HuggingFace;
using Xunit;

namespace NClip.Tests.Text.HuggingFace;

/// <summary>Files that no tokenizer writes: each is refused by its name, in a message that can be read.</summary>
public sealed class TokenizerFileTests : IDisposable
{
    private static readonly string _long = new('x', 20_000);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> BrokenJson() =>
    [
        """{"mode\ud800l": 1, "normalizer": null}""",
        """{"\ud800odel": 1, "model": {"type": "BPE"}}""",
        Json("""{"\ud800": 0}"""),
        Json("""{"a": 0, "b\udc00": 1}"""),
        Json("""{"a": 4194303}"""),
        Json("""{"a": 99999999999}"""),
        Json($$"""{"a": 0, "{{_long}}": "{{_long}}"}"""),
        Json("""{"a": 0}""", $"\"a {_long}\""),
        Json("""{"a": 0}""", $"\"{_long}\""),
        $$$"""{"model": {"type": "{{{_long}}}"}}""",
        $$$"""{"normalizer": {"type": "{{{_long}}}"}, "model": {"type": "BPE"}}""",
        $$$"""{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "{{{_long}}}"}, "behavior": "Isolated"}, "model": {"type": "BPE"}}""",
        $$$"""{"normalizer": {"type": "Replace", "pattern": {"Regex": "({{{_long}}}"}, "content": ""}, "model": {"type": "BPE"}}""",
        """{"model": {"type": "WordPiece", "max_input_chars_per_word": 2000000000, "vocab": {"[UNK]": 0}}}""",
        """{"model": {"type": "Unigram", "unk_id": 0, "vocab": []}}""",
        $$$"""{"added_tokens": [{"id": 0, "content": "{{{_long}}}"}], "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""",
        new string('[', 100_000),
        string.Concat(Enumerable.Repeat("{\"normalizer\":", 100_000)),
        $"\"{_long}\"",
    ];

    [Theory, MemberData(nameof(BrokenJson), DisableDiscoveryEnumeration = true)]
    public void A_broken_tokenizer_json_is_refused_by_name(string json)
    {
        var file = _folder.Write("tokenizer.json", json);
        Refuses(file);
    }

    [Theory]
    [InlineData("tokenizer_config.json", """{"pad_token\ud800": 1, "pad_toke\ud800": "!"}""")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder": {"x": {"content": "!"}}}""")]
    [InlineData("special_tokens_map.json", """{"pad_token": "\ud800"}""")]
    [InlineData("special_tokens_map.json", """{"additional_special_tokens": "!"}""")]
    public void A_broken_list_of_special_tokens_is_refused_by_name(string name, string json)
    {
        _folder.Copy("tokenizer_other/roberta_vocab.json", "vocab.json").Copy("tokenizer_other/roberta_merges.txt", "merges.txt");
        Refuses(_folder.Write(name, json));
    }

    [Fact]
    public void A_sentencepiece_model_whose_lengths_lie_is_refused_by_name()
    {
        var whole = File.ReadAllBytes(Reference.Path("tokenizer_other/spm_unigram.model"));
        byte[][] broken =
        [
            whole[..^3],
            [.. whole, 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            [.. whole, 0x0A, 5, 0x0A, 100, (byte)'a', 0, 0],
            [0x0A, 0xFF, 0xFF, 0xFF, 0x7F],
            [.. Enumerable.Repeat((byte)0xFF, 100)],
            [.. whole, 0x1A, 8, 0x12, 6, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0],
        ];
        foreach (var bytes in broken)
        {
            File.WriteAllBytes(_folder["spiece.model"], bytes);
            Refuses(_folder["spiece.model"]);
        }
    }

    [Fact]
    public void A_file_too_large_for_a_tokenizer_is_not_read()
    {
        using (var file = File.Create(_folder["tokenizer.json"])) file.SetLength(1L << 31);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuses(_folder["tokenizer.json"]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Rules_that_double_the_text_forty_times_are_stopped()
    {
        var rules = string.Join(',', Enumerable.Repeat("""{"type":"Replace","pattern":{"String":"a"},"content":"aa"}""", 40));
        var file = _folder.Write("tokenizer.json", $$$"""{"normalizer":{"type":"Sequence","normalizers":[{{{rules}}}]},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""");
        var tokenizer = HuggingFaceTokenizer.Read(file);
        Assert.Equal(file, Assert.Throws<TokenizerException>(() => tokenizer.Encode("a")).File);
    }

    private void Refuses(string file)
    {
        var e = Assert.Throws<TokenizerException>(() => TokenizerFolder.Load(_folder.Path));
        Assert.Equal(file, e.File);
        Assert.InRange(e.Message.Length, file.Length, file.Length + 500);
    }

    private static string Json(string vocabulary, string merges = "") => $$$"""{"model": {"type": "BPE", "vocab": {{{vocabulary}}}, "merges": [{{{merges}}}]}}""";
}
