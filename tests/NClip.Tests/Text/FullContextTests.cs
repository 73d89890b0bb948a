using System.Text.Json;
using NClip.Text;
using NClip.Text.Bpe;
using Xunit;

namespace NClip.Tests.Text;

/// <summary>Whole rows of openai/CLIP's tokenize and of open_clip's cleaners (reference/tokenizer/full_context.json).</summary>
public sealed class FullContextTests
{
    private static readonly JsonElement _entries = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("tokenizer/full_context.json"))).RootElement.GetProperty("entries");

    public static TheoryData<string, int, ContextOverflow> Columns => new()
    {
        { "openai_truncate_false", 77, ContextOverflow.Throw },
        { "openai_truncate_true", 77, ContextOverflow.Truncate },
        { "openai_context16_truncate_false", 16, ContextOverflow.Throw },
        { "openai_context16_truncate_true", 16, ContextOverflow.Truncate },
        { "open_clip_lower", 77, ContextOverflow.Truncate },
        { "open_clip_lower_context16", 16, ContextOverflow.Truncate },
        { "open_clip_whitespace", 77, ContextOverflow.Truncate },
        { "open_clip_whitespace_context16", 16, ContextOverflow.Truncate },
        { "open_clip_whitespace_underscore", 77, ContextOverflow.Truncate },
        { "open_clip_whitespace_underscore_context16", 16, ContextOverflow.Truncate },
        { "open_clip_canonicalize", 77, ContextOverflow.Truncate },
        { "open_clip_canonicalize_context16", 16, ContextOverflow.Truncate },
    };

    [Theory, MemberData(nameof(Columns))]
    public void Rows_equal_the_reference(string column, int length, ContextOverflow overflow)
    {
        var pipeline = new TextPipeline(Tokenizer(column), ClipTokenizer.OpenAIContext with { Length = length });
        var compared = 0;
        foreach (var entry in _entries.EnumerateArray())
        {
            if (!entry.TryGetProperty(column, out var want)) continue;
            compared++;
            var text = entry.GetProperty("text").GetString()!;
            if (want.TryGetProperty("error", out _))
            {
                Assert.Throws<ContextOverflowException>(() => pipeline.Tokenize([text], overflow));
                continue;
            }
            long[] row = [.. want.GetProperty("ids").EnumerateArray().Select(e => e.GetInt64()), .. new long[want.GetProperty("zeros").GetInt32()]];
            Assert.True(row.AsSpan().SequenceEqual(pipeline.Tokenize([text], overflow)), $"{column}: \"{text}\"");
        }
        Assert.Equal(_entries.GetArrayLength(), compared);
    }

    [Fact]
    public void A_text_that_is_too_long_is_named_with_its_count_and_the_limit()
    {
        var e = Assert.Throws<ContextOverflowException>(() => new TextPipeline(ClipTokenizer.Default, ClipTokenizer.OpenAIContext).Tokenize([string.Join(' ', Enumerable.Repeat("cat", 100))]));
        Assert.Equal((102, 77), (e.TokenCount, e.Limit));
        Assert.Contains("cat cat", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chunks_hold_every_token_once_and_know_their_text()
    {
        var pipeline = new TextPipeline(ClipTokenizer.Default, ClipTokenizer.OpenAIContext with { Length = 10 });
        var longText = string.Join(' ', Enumerable.Range(0, 20).Select(i => $"word{i}"));
        var chunks = pipeline.TokenizeChunks(["cat", longText, ""]);
        Assert.Equal(3, chunks.Owners.Distinct().Count());
        Assert.Equal(chunks.Owners.Length * 10, chunks.Ids.Length);
        long[] Of(int owner) => [.. chunks.Owners.Select((o, i) => (o, i)).Where(x => x.o == owner).SelectMany(x => chunks.Ids.Skip(10 * x.i).Take(10)).Where(id => id is not (0 or 49406 or 49407))];
        Assert.Equal(ClipTokenizer.Default.Encode(longText).Select(i => (long)i), Of(1));
        Assert.Equal([2368L], Of(0));
        Assert.Empty(Of(2));
    }

    private static ClipTokenizer Tokenizer(string column) => column.StartsWith("openai", StringComparison.Ordinal) ? ClipTokenizer.Default
        : new ClipTokenizer(ClipTokenizer.Vocabulary, ClipTextRules.OpenClip(column.Replace("open_clip_", "", StringComparison.Ordinal).Replace("_context16", "", StringComparison.Ordinal)));
}
