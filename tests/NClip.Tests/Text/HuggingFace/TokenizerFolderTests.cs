using System.Text.Json;
using System.Text.Json.Nodes;
using NClip.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;
using NClip.Text.SentencePiece;
using Xunit;

namespace NClip.Tests.Text.HuggingFace;

/// <summary>Folders laid out as the families publish them; truth as in the tests of each tokenizer (reference/tokenizer_other).</summary>
public sealed class TokenizerFolderTests : IDisposable
{
    private const string OpenClipSiglip = """{"model_cfg":{"text_cfg":{"context_length":64,"vocab_size":32000,"hf_tokenizer_name":"timm/ViT-B-16-SigLIP","tokenizer_kwargs":{"clean":"canonicalize"}}}}""";
    private const string OpenClipSiglip2 = """{"model_cfg":{"text_cfg":{"context_length":64,"vocab_size":256000,"hf_tokenizer_name":"timm/ViT-B-16-SigLIP2","tokenizer_kwargs":{"clean":"canonicalize"}}}}""";
    private const string Siglip = """{"model_type":"siglip","text_config":{"max_position_embeddings":64}}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_siglip_folder_of_hugging_face_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/spm_unigram.model", "spiece.model").Add("config.json", Siglip).Add("tokenizer_config.json", """{"tokenizer_class":"SiglipTokenizer"}""");
        AssertRows("spm_unigram.jsonl", pad: 1, "hf_slow", "open_clip");
    }

    [Fact]
    public void A_siglip_folder_of_open_clip_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/spm_unigram.model", "spiece.model").Add("open_clip_config.json", OpenClipSiglip);
        AssertRows("spm_unigram.jsonl", pad: 1, "open_clip");
    }

    [Fact]
    public void A_siglip_folder_of_open_clip_with_tokenizer_json_gives_its_rows_but_for_blanks_that_the_rules_make()
    {
        _folder.Copy("tokenizer_other/json/unigram.json", "tokenizer.json").Add("open_clip_config.json", OpenClipSiglip);
        var pipeline = Load();
        var different = OtherTokenizerCases.Rows("spm_unigram.jsonl")
            .Where(row => !pipeline.Tokenize([row.Text()], ContextOverflow.Truncate).SequenceEqual(row.Context(1, "open_clip")))
            .Select(row => row.Text());
        // Hugging Face's pipeline keeps a blank that only the rules make of a text's end; SentencePiece strips it.
        Assert.Equal(["\u200B", "\u2581dog\u2581cat \u2581", "\uFFFDcat \uFFFD dog\uFFFD"], different);
    }

    [Fact]
    public void A_siglip2_folder_of_hugging_face_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/spm_bpe.model", "tokenizer.model").Add("config.json", Siglip);
        AssertRows("spm_bpe.jsonl", pad: 0, "siglip2");
    }

    [Theory, InlineData("tokenizer.model"), InlineData("tokenizer.json")]
    public void A_naflex_folder_of_hugging_face_gives_its_rows(string file)
    {
        _folder.Copy(file.EndsWith("json", StringComparison.Ordinal) ? "tokenizer_other/json/bpe.json" : "tokenizer_other/spm_bpe.model", file)
            .Add("config.json", """{"model_type":"siglip2","text_config":{"max_position_embeddings":64}}""")
            .Add("tokenizer_config.json", """{"tokenizer_class":"GemmaTokenizer","eos_token":"<eos>","pad_token":"<pad>","padding_side":"left"}""");
        Assert.Equal(new ContextSpec(64, null, 1, 0), Load().Context);
        AssertRows("spm_bpe.jsonl", pad: 0, r => r.GetProperty("category").GetString() != "special", "siglip2"); // a tokenizer.json finds its specials in texts
    }

    [Fact]
    public void A_siglip2_folder_of_open_clip_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/spm_bpe.model", "tokenizer.model").Add("open_clip_config.json", OpenClipSiglip2);
        AssertRows("spm_bpe.jsonl", pad: 0, "open_clip", "siglip2");
    }

    [Fact]
    public void A_siglip2_folder_of_open_clip_with_tokenizer_json_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/json/bpe.json", "tokenizer.json").Add("open_clip_config.json", OpenClipSiglip2);
        AssertRows("spm_bpe.jsonl", pad: 0, "open_clip", "siglip2");
    }

    [Fact]
    public void A_bert_vocabulary_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/wordpiece_vocab.txt", "vocab.txt");
        AssertRows("wordpiece.jsonl", pad: 0, "context77");
    }

    [Fact]
    public void A_chinese_clip_folder_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/chinese_clip_vocab.txt", "vocab.txt").Add("config.json", """{"model_type":"chinese_clip","text_config":{"max_position_embeddings":512}}""");
        AssertRows("wordpiece.jsonl", pad: 0, "chinese_clip_context52");
    }

    [Fact]
    public void A_roberta_folder_gives_its_rows()
    {
        _folder.Copy("tokenizer_other/roberta_vocab.json", "vocab.json").Copy("tokenizer_other/roberta_merges.txt", "merges.txt");
        AssertRows("roberta.jsonl", pad: 1, r => r.GetProperty("category").GetString() != "special", "context77");
    }

    [Fact]
    public void An_mt5_folder_pads_with_its_padding_and_changes_no_letters()
    {
        _folder.Copy("tokenizer_other/spm_unigram.model", "spiece.model").Add("open_clip_config.json", """{"model_cfg":{"text_cfg":{"context_length":24,"hf_tokenizer_name":"google/mt5-base"}}}""");
        var pipeline = Load();
        Assert.Equal(new ContextSpec(24, null, 1, 0), pipeline.Context);
        Assert.Equal(new SentencePieceTokenizer(SentencePieceModel.Read(_folder["spiece.model"])).Encode("A Dog, running."), pipeline.Tokenizer.Encode("A Dog, running."));
        Assert.NotEqual(pipeline.Tokenizer.Encode("A Dog"), pipeline.Tokenizer.Encode("a dog"));
    }

    /// <summary>The published file's post-processor is of the older order: end token, then the language.</summary>
    [Theory]
    [InlineData("", 3000)]
    [InlineData(""","tokenizer_kwargs":{"language":"fra_Latn"}""", 3001)]
    public void An_nllb_folder_begins_texts_with_the_language(string settings, int language)
    {
        var json = JsonNode.Parse(File.ReadAllText(Reference.Path("tokenizer_other/json/unigram.json")))!;
        foreach (var (i, code) in new[] { "eng_Latn", "fra_Latn" }.Index())
            json["added_tokens"]!.AsArray().Add(JsonNode.Parse($$"""{"id":{{3000 + i}},"content":"{{code}}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}"""));
        json["post_processor"] = JsonNode.Parse("""
            {"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}},{"SpecialToken":{"id":"eng_Latn","type_id":0}}],
             "special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]},"eng_Latn":{"id":"eng_Latn","ids":[3000],"tokens":["eng_Latn"]}}}
            """);
        _folder.Add("tokenizer.json", json.ToJsonString())
            .Add("open_clip_config.json", $$$$"""{"model_cfg":{"text_cfg":{"context_length":12,"hf_tokenizer_name":"facebook/nllb-200-distilled-600M"{{{{settings}}}}}}}""");
        var pipeline = Load();
        Assert.Equal(new ContextSpec(12, language, 1, 0), pipeline.Context);
        Assert.Equal(language, pipeline.Tokenize(["a dog"])[0]);
    }

    [Fact]
    public void A_language_that_nllb_does_not_have_is_refused()
    {
        _folder.Copy("tokenizer_other/json/unigram.json", "tokenizer.json")
            .Add("open_clip_config.json", """{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"facebook/nllb-200-distilled-600M"}}}""");
        Assert.Contains("'eng_Latn'", Assert.Throws<TokenizerException>(Load).Message, StringComparison.Ordinal);
    }

    /// <summary>OWL-ViT's and Stable Diffusion 2's folders; ids as in transformers.js' tests of Xenova/owlvit-base-patch32.</summary>
    [Theory]
    [InlineData("""{"pad_token":"!"}""", "{}")]
    [InlineData("{}", """{"pad_token":{"content":"!","normalized":true,"lstrip":false}}""")]
    [InlineData("""{"added_tokens_decoder":{"0":{"content":"!","special":true,"normalized":false}},"pad_token":"!"}""", "{}")]
    [InlineData("""{"additional_special_tokens":["!"]}""", "{}")]
    public void A_padding_token_is_a_token_wherever_it_stands(string configuration, string map)
    {
        ClipTokenizerFiles.Write(_folder.Path, 77);
        _folder.Add("tokenizer_config.json", configuration).Add("special_tokens_map.json", map);
        var pipeline = Load();
        Assert.Equal([320, 1342, 0, 0, 531, 13610, 323, 8445, 323, 539, 267, 753, 713, 269], pipeline.Tokenizer.Encode("A\n'll !!to?'d''d of, can't."));
        Assert.Equal([49407, 3306, 0], pipeline.Tokenizer.Encode("<|EndOfText|>Hello!"));
        Assert.Equal(configuration.Contains("additional", StringComparison.Ordinal) ? 49407 : 0, pipeline.Context.PadId);
    }

    [Fact]
    public void Special_tokens_named_beside_a_tokenizer_json_are_tokens()
    {
        _folder.Copy("tokenizer_other/json/bert.json", "tokenizer.json");
        var the = Load().Tokenizer.Encode("the");
        Assert.DoesNotContain(the[0], Load().Tokenizer.Encode("xthex"));
        _folder.Add("special_tokens_map.json", """{"additional_special_tokens":["the"]}""");
        Assert.Contains(the[0], Load().Tokenizer.Encode("xthex"));
    }

    [Fact]
    public void Strip_sep_token_makes_the_end_token_zero()
    {
        _folder.Copy("tokenizer_other/wordpiece_vocab.txt", "vocab.txt")
            .Add("open_clip_config.json", """{"model_cfg":{"text_cfg":{"context_length":32,"hf_tokenizer_name":"bert-base-uncased","tokenizer_kwargs":{"strip_sep_token":true}}}}""");
        Assert.Equal(new ContextSpec(32, 4, 0, 0), Load().Context);
    }

    [Fact]
    public void A_folder_without_files_has_openais_tokenizer()
    {
        var pipeline = Load();
        Assert.Same(ClipTokenizer.Default, pipeline.Tokenizer);
        Assert.Equal(new ContextSpec(77, 49406, 49407, 0), pipeline.Context);
        Assert.Equal(12, TokenizerFolder.Load(_folder.Path, new TokenizerHints(ContextLength: 12)).Context.Length);
    }

    [Fact]
    public void An_open_clip_folder_that_names_no_tokenizer_has_openais_vocabulary_whatever_else_it_holds()
    {
        _folder.Copy("tokenizer_other/spm_unigram.model", "spiece.model").Add("open_clip_config.json", """{"model_cfg":{"text_cfg":{"context_length":20,"vocab_size":49408}}}""");
        var pipeline = Load();
        Assert.Equal(new ContextSpec(20, 49406, 49407, 0), pipeline.Context);
        Assert.Equal(ClipTokenizer.Default.Encode("a diagram"), pipeline.Tokenizer.Encode("a diagram"));
    }

    [Fact]
    public void A_model_whose_tokenizer_is_not_there_says_so_when_it_is_asked()
    {
        _folder.Add("config.json", Siglip);
        var pipeline = Load();
        Assert.Equal(new ContextSpec(64, null, 1, 1), TokenizerFolder.Load(_folder.Path, new TokenizerHints { Usual = new(64, null, 1, 1) }).Context);
        var e = Assert.Throws<TokenizerException>(() => pipeline.Tokenize(["a dog"]));
        Assert.Contains("spiece.model", e.Message, StringComparison.Ordinal);
        Assert.Equal(_folder.Path, e.File);
    }

    [Fact]
    public void An_unknown_cleaning_is_named()
    {
        _folder.Add("open_clip_config.json", """{"model_cfg":{"text_cfg":{"tokenizer_kwargs":{"clean":"scrub"}}}}""");
        Assert.Contains("'scrub'", Assert.Throws<TokenizerException>(Load).Message, StringComparison.Ordinal);
    }

    private TextPipeline Load() => TokenizerFolder.Load(_folder.Path, new TokenizerHints());

    private void AssertRows(string file, int pad, params string[] keys) => AssertRows(file, pad, _ => true, keys);

    /// <summary>Every row of the file that has one of the keys, cut where it is too long.</summary>
    private void AssertRows(string file, int pad, Func<JsonElement, bool> where, params string[] keys)
    {
        var pipeline = Load();
        var rows = 0;
        foreach (var row in OtherTokenizerCases.Rows(file).Where(r => keys.Any(k => r.TryGetProperty(k, out _)) && where(r)))
        {
            Assert.Equal(row.Context(pad, keys), pipeline.Tokenize([row.Text()], ContextOverflow.Truncate));
            rows++;
        }
        Assert.True(rows > 15, $"only {rows} rows");
    }
}
