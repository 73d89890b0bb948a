using NClip.Text;
using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;
using Xunit;

namespace NClip.Tests.Text;

/// <summary>Texts that cost their square if anything does. The limits leave a slow machine twenty times what it needs, and a quadratic loop a tenth.</summary>
public sealed class TextCostTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Nested_entities_are_unescaped_to_the_end_in_one_go()
    {
        Assert.Equal("&", await Soon(() => TextCleaner.OpenAI("&" + Repeat("amp;", 400_000))));
        Assert.Equal("é & <", await Soon(() => TextCleaner.OpenAI("é &" + Repeat("#38;", 400_000) + " &" + Repeat("amp;", 400_000) + "lt;")));
    }

    [Theory]
    [InlineData("&amp;lt;", "<")]
    [InlineData("&amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;eacute;", "é")]
    [InlineData("&amp;#38;amp;#38;amp;#38;amp;#38;amp;#38;amp;#38;amp;", "&")]
    [InlineData("&amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp &AMP;AMP;AMP;AMP;AMP;AMP;AMP;AMP;AMP;AMP;lt;", "& <")]
    public void A_short_chain_of_entities_ends_where_ftfy_and_unescape_end(string text, string expected) => Assert.Equal(expected, TextCleaner.Basic(text));

    [Fact]
    public async Task Repairs_that_go_on_character_by_character_end()
    {
        var nested = string.Concat(Enumerable.Repeat("&#", 40_000)) + "53;" + Repeat("3;", 80_000);
        await Soon(() => TextCleaner.OpenAI(nested));
        await Soon(() => TextCleaner.OpenAI("Ã" + new string('ƒ', 200_000)));
        await Soon(() => TextCleaner.OpenAI("中Ã" + new string('ƒ', 200_000)));
    }

    [Fact]
    public Task Marks_without_a_letter_are_put_in_order_soon() => Soon(() => UnicodeNormalization.Compose("a" + Repeat("\u0345\u0301\u0323\u0334", 400_000)));

    [Fact]
    public Task One_unbroken_word_is_merged_soon() => Soon(() => ClipTokenizer.Default.Encode(Repeat("abcdefghijklmnopqrstuvwxyz", 400_000)));

    [Fact]
    public async Task A_run_of_blanks_takes_memory_like_any_text()
    {
        var tokenizer = HuggingFaceTokenizer.Read(Reference.Path("tokenizer_other/json/unigram.json"));
        await Soon(() =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            tokenizer.Encode(new string(' ', 400_000));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40 << 20);
            return 0;
        });
    }

    [Fact]
    public async Task Added_tokens_are_decoded_soon()
    {
        var tokenizer = HuggingFaceTokenizer.Read(Reference.Path("tokenizer_other/json/bert.json"));
        var ids = new int[300_000];
        Array.Fill(ids, tokenizer.Encode("[MASK]")[0]);
        Assert.Equal(6 * ids.Length, (await Soon(() => tokenizer.Decode(ids))).Length);
    }

    [Fact]
    public void Of_added_tokens_that_nest_the_longest_is_found()
    {
        var tokens = new AddedTokens([new AddedToken(1, "<a>"), new AddedToken(2, "<a><b>"), new AddedToken(3, "<a"), new AddedToken(4, "a>", SingleWord: true), new AddedToken(5, "<a>")]);
        Assert.Equal([3, 2, 1, -1], tokens.Split("<a<a><b><a>a>b").Select(p => p.Id ?? -1));
    }

    [Fact]
    public async Task Added_tokens_by_the_thousand_are_looked_for_at_once()
    {
        var tokens = new AddedTokens(Enumerable.Range(0, 5000).Select(i => new AddedToken(i, $"a{i}")));
        Assert.Single(await Soon(() => tokens.Split(Repeat("ab", 1_000_000))));
    }

    private static Task<T> Soon<T>(Func<T> work) => Task.Run(work, TestContext.Current.CancellationToken).WaitAsync(_limit, TestContext.Current.CancellationToken);

    private static string Repeat(string part, int length) => string.Concat(Enumerable.Repeat(part, length / part.Length));
}
