using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Tests.Inference;
using NClip.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>The rows of a model's texts: said once, by the tokenizer in its folder, for a text tower that knows its ids.</summary>
public sealed class SpecTextsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(TinyModelTests.Cases), MemberType = typeof(TinyModelTests))]
    public void A_model_without_tokenizer_files_has_the_rows_of_its_family_and_the_length_of_its_tower(string from, string folder, string weights, string expected)
    {
        var (file, _) = TinyModelTests.Find(from, folder, weights, expected, _folder);
        var spec = Read(file);
        Assert.Equal(spec.UsualContext, spec.Context);
        Assert.Equal(spec.Text.Context, spec.Context.Length);
        if (spec.Text.Vocabulary == ClipTokenizer.Default.VocabularySize) Assert.Equal(ClipTokenizer.OpenAIContext with { Length = spec.Text.Context }, spec.Context);
        else Assert.Contains("has a tokenizer of its own", Assert.Throws<TokenizerException>(() => spec.Texts.Tokenizer.Encode("a dog")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_embedded_models_tokenizer_and_family_say_the_same()
    {
        using var clip = Clip.Pretrained();
        var c = clip.Spec.Context;
        Assert.Equal(clip.Spec.UsualContext, c);
        // Ids of two tokenizers in turns: each begins and ends its own, the row as a whole does neither.
        Assert.Equal((96, null, null, 0), (c.Length, c.StartId, c.EndId, c.PadId));
        var row = clip.Tokenize("a dog").Ids.Span;
        Assert.Equal(c.Length, row.Length);
        Assert.Equal([2L, 101L], row[..2].ToArray());
        Assert.Equal([3L, 102L], row[6..8].ToArray());
        Assert.Equal(-1, row[8..].IndexOfAnyExcept((long)c.PadId));
    }

    [Fact]
    public void A_tokenizer_that_pads_otherwise_than_the_family_is_what_the_spec_and_a_batch_say()
    {
        _folder.Copy("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors", "model.safetensors");
        ClipTokenizerFiles.Write(_folder.Path, 77); // as on the hub: padded with the end token
        using var clip = Clip.Open(_folder.Path);
        Assert.Equal(0, clip.Spec.UsualContext.PadId);
        Assert.Equal(49407, clip.Spec.Context.PadId);
        AssertRow(clip);
    }

    [Fact]
    public void A_tokenizer_whose_ids_the_text_tower_does_not_have_is_refused_and_pictures_need_none()
    {
        _folder.Copy("model_tiny/a_openai_vit/model_f32.safetensors", "model.safetensors");
        ClipTokenizerFiles.Write(_folder.Path, 16);
        using var clip = Clip.Open(_folder.Path);
        var e = Assert.Throws<TokenizerException>(() => clip.EncodeText("a dog"));
        Assert.Contains($"starts texts with id 49406, the text tower's vocabulary has {clip.Spec.Text.Vocabulary}", e.Message, StringComparison.Ordinal);
        Assert.Equal(_folder.Path, e.File);
        var p = clip.Spec.Preprocess;
        Assert.Equal(1, clip.EncodeImage(new ImageBatch(new float[3 * p.Height * p.Width], 1, p.Height, p.Width)).Rows);
    }

    [Theory]
    [InlineData("d2_hf_gelu_eos", "ends texts with id 102, the text tower looks for id 7", "model.safetensors", "config.json")]
    [InlineData("f3_vit_roberta_mean_mlp", "pads with id 0, the text tower leaves out id 1", "open_clip_model.safetensors", "open_clip_config.json", "hf_text_config.json")]
    public void A_tokenizer_with_another_end_or_padding_than_the_text_tower_looks_for_is_refused(string model, string what, params string[] files)
    {
        foreach (var f in files) _folder.Copy($"model_tiny/{model}/{f}", f);
        _folder.Copy("tokenizer_other/chinese_clip_vocab.txt", "vocab.txt");
        Assert.Contains(what, Assert.Throws<TokenizerException>(() => Read(_folder[files[0]]).Context).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_length_is_the_towers_whatever_the_vocabulary_is_used_to()
    {
        _folder.Copy("tokenizer_other/chinese_clip_vocab.txt", "vocab.txt");
        Assert.Equal(52, TokenizerFolder.Load(_folder.Path).Context.Length);
        Assert.Equal(77, TokenizerFolder.Load(_folder.Path, new TokenizerHints(77)).Context.Length);
    }

    [Fact]
    public void A_bias_on_the_logits_does_not_make_a_causal_towers_texts_SigLIPs()
    {
        _folder.Copy("model_tiny/e1_siglip_gelu/open_clip_model.safetensors", "open_clip_model.safetensors");
        var config = File.ReadAllText(Reference.Path("model_tiny/e1_siglip_gelu/open_clip_config.json"));
        Assert.Contains("\"no_causal_mask\": true", config, StringComparison.Ordinal);
        _folder.Add("open_clip_config.json", config.Replace("\"no_causal_mask\": true", "\"no_causal_mask\": false", StringComparison.Ordinal));
        var spec = Read(_folder["open_clip_model.safetensors"]);
        Assert.Equal((spec.Text.Vocabulary - 2, spec.Text.Vocabulary - 1), (spec.UsualContext.StartId, spec.UsualContext.EndId));
    }

    private static ClipSpec Read(string file)
    {
        using var tensors = StateDict.Open(file);
        return SpecReader.Read(NamingMap.Apply(tensors), file, null);
    }

    /// <summary>A row begins, ends and is filled as the spec says.</summary>
    private static void AssertRow(Clip clip)
    {
        var c = clip.Spec.Context;
        var row = clip.Tokenize("a dog").Ids.Span;
        Assert.Equal(c.Length, row.Length);
        Assert.Equal(c.StartId, (int)row[0]);
        Assert.Equal(c.PadId, (int)row[^1]);
        var end = row.IndexOf((long)c.EndId!);
        Assert.True(end > 1, "no end token");
        Assert.Equal(-1, row[(end + 1)..].IndexOfAnyExcept((long)c.PadId));
    }
}
