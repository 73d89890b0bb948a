using System.Text.Json;
using NClip.Export;
using NClip.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;
using NClip.Text.SentencePiece;
using Xunit;

namespace NClip.Tests.Text.HuggingFace;

/// <summary>What is written is read back and has to give the ids of what it was written from; Hugging Face's own ids are the truth for CLIP's.</summary>
public sealed class WrittenTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory, InlineData("OpenAI"), InlineData("open_clip"), InlineData("transformers")]
    public void CLIPs_tokenizer_becomes_Hugging_Faces_file(string house)
    {
        var rules = house switch { "OpenAI" => ClipTextRules.OpenAI, "open_clip" => ClipTextRules.OpenClip("lower"), _ => ClipTextRules.HuggingFaceFast(AddedTokens.None, AddedTokens.None) };
        var read = WriteAndRead(new(new ClipTokenizer(ClipTokenizer.Vocabulary, rules), ClipTokenizer.OpenAIContext), padCounts: false);
        Assert.Equal((49406, 49407, 49408), (read.StartId, read.EndId, read.VocabularySize));
        Assert.Equal("<|endoftext|>", Config("pad_token"));
        foreach (var line in File.ReadLines(Reference.Path("tokenizer/cases.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            var text = json.RootElement.GetProperty("text").GetString()!;
            if (text.Contains("<|", StringComparison.Ordinal)) continue; // the published file looks for its special tokens after the normalizer, this one before it
            var ids = json.RootElement.TryGetProperty("ids_hf_fast", out var own) ? own : json.RootElement.GetProperty("ids");
            Assert.Equal(ids.EnumerateArray().Select(i => i.GetInt32()), read.Encode(text));
        }
    }

    [Fact]
    public void What_pads_is_spelt_where_the_tower_reads_it()
    {
        WriteAndRead(new(ClipTokenizer.Default, ClipTokenizer.OpenAIContext), padCounts: true);
        Assert.Equal("!", Config("pad_token"));
    }

    /// <summary>Files of a folder, and the reference texts for such a tokenizer.</summary>
    public static TheoryData<string, string, string, string> Kinds() => new()
    {
        { "wordpiece_vocab.txt", "vocab.txt", """{"tokenizer_class":"BertTokenizer"}""", "wordpiece.jsonl" },
        { "wordpiece_vocab.txt", "vocab.txt", """{"tokenizer_class":"BertTokenizer","do_lower_case":false}""", "wordpiece.jsonl" },
        { "spm_unigram.model", "spiece.model", """{"tokenizer_class":"SiglipTokenizer"}""", "spm_unigram.jsonl" },
        { "roberta_vocab.json", "vocab.json", "{}", "roberta.jsonl" },
        { "json/bert.json", "tokenizer.json", "{}", "wordpiece.jsonl" },
        { "json/unigram.json", "tokenizer.json", """{"tokenizer_class":"SiglipTokenizer"}""", "spm_unigram.jsonl" },
        { "json/bpe.json", "tokenizer.json", "{}", "spm_bpe.jsonl" },
        { "json/roberta.json", "tokenizer.json", "{}", "roberta.jsonl" },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void A_written_tokenizer_gives_the_ids_of_the_one_it_was_written_from(string from, string to, string config, string texts)
    {
        using var source = new TemporaryFolder();
        source.Copy("tokenizer_other/" + from, to).Add("tokenizer_config.json", config);
        if (to == "vocab.json") source.Copy("tokenizer_other/roberta_merges.txt", "merges.txt");
        var original = TokenizerFolder.Load(source.Path);
        var read = WriteAndRead(original, padCounts: true);
        Assert.Equal((original.Context.StartId, original.Context.EndId), (read.StartId, read.EndId));
        Assert.Equal(original.Context.PadId, read.IdOf(Config("pad_token")));
        var compared = 0;
        foreach (var row in OtherTokenizerCases.Rows(texts))
        {
            var text = row.Text();
            if (text.IndexOfAny(['<', '[', '\u2581']) >= 0 || SiglipTokenizer.Clean(text).Length == 0) continue; // special tokens, and texts of nothing: SigLIP's rules for them are its own
            Assert.True(original.Tokenizer.Encode(text).SequenceEqual(read.Encode(text)), text + " | " + string.Join(" ", original.Tokenizer.Encode(text)) + " | " + string.Join(" ", read.Encode(text)));
            compared++;
        }
        Assert.True(compared > 100, $"{compared} texts");
    }

    [Fact]
    public void The_steps_of_open_clips_cleanings_are_written()
    {
        var bert = HuggingFaceTokenizer.Read(Reference.Path("tokenizer_other/json/roberta.json"));
        foreach (var cleaning in (string[])["lower", "whitespace", "whitespace_underscore", "canonicalize"])
        {
            var original = new CleanedTokenizer(bert, cleaning);
            var read = WriteAndRead(new(original, new ContextSpec(16, bert.StartId, bert.EndId, 1)), padCounts: true);
            foreach (var text in (string[])["A photo_of  a Cat!", "  two   blanks ", "it's #1, isn't_it?", "", "Ünïcode, 猫。"]) Assert.Equal(original.Encode(text), read.Encode(text));
        }
    }

    [Fact]
    public void Where_no_such_form_is_known_nothing_is_written() =>
        Assert.Null(WrittenTokenizer.Of(new(new SentencePieceTokenizer(SentencePieceModel.Read(Reference.Path("tokenizer_other/spm_bpe.model"))), new ContextSpec(16, null, 1, 0)), padCounts: true));

    public void Dispose() => _folder.Dispose();

    private HuggingFaceTokenizer WriteAndRead(TextPipeline texts, bool padCounts)
    {
        var written = WrittenTokenizer.Of(texts, padCounts)!;
        JsonFile.Save(written.Tokenizer, _folder["tokenizer.json"]);
        JsonFile.Save(written.Config, _folder["tokenizer_config.json"]);
        return HuggingFaceTokenizer.Read(_folder["tokenizer.json"]);
    }

    private string Config(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["tokenizer_config.json"]));
        return json.RootElement.GetProperty(name).GetString()!;
    }
}
