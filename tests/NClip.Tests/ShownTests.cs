using NClip.Foundation;
using Xunit;

namespace NClip.Tests;

public sealed class ShownTests
{
    [Theory]
    [InlineData("visual.proj", "visual.proj")]
    [InlineData("一只猫 😀 é", "一只猫 😀 é")]
    [InlineData("a\u001b]0;x\u0007\nb", "a\\u001b]0;x\\u0007\\u000ab")]
    [InlineData("right\u202eleft\u200b", "right\\u202eleft\\u200b")]
    public void A_name_is_shown_without_characters_that_are_obeyed_or_not_seen(string name, string shown) => Assert.Equal(shown, Shown.Name(name));

    [Fact]
    public void Half_a_surrogate_pair_is_shown_as_what_it_is() => Assert.Equal("half \\ud83d of a pair", Shown.Name("half \ud83d of a pair"));

    [Fact]
    public void A_long_name_keeps_its_ends_and_says_its_length()
    {
        var shown = Shown.Name("begin" + new string('x', 20_000) + "end");
        Assert.InRange(shown.Length, 100, 160);
        Assert.StartsWith("begin", shown, StringComparison.Ordinal);
        Assert.EndsWith("end", shown, StringComparison.Ordinal);
        Assert.Contains("(20008 characters)", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_message_of_ours_is_bounded_and_escaped_and_keeps_its_lines()
    {
        Assert.InRange(new ClipException(new string('x', 100_000), "f").Message.Length, 1000, 5000);
        Assert.Equal("f\\u001b: one\ntwo", new ClipException("one\ntwo", "f\u001b").Message);
        Assert.Equal("f\u001b", new ClipException("one", "f\u001b").File);
    }

    [Fact]
    public void An_error_in_a_parallel_loop_comes_as_it_is()
    {
        Assert.Throws<InvalidDataException>(() => InParallel.For(100, i => throw new InvalidDataException($"{i}")));
        Assert.Throws<OperationCanceledException>(() => InParallel.For(100, _ => { }, new CancellationToken(canceled: true)));
    }
}
