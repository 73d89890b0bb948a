using NClip.Cli;
using Xunit;

namespace NClip.Tests.Cli;

public sealed class NearestTests
{
    [Theory]
    [InlineData("clasify", "classify")]
    [InlineData("Classify", "classify")]
    [InlineData("doctro", "doctor")]
    [InlineData("mdoel", "model")]
    [InlineData("photos", null)]
    [InlineData("x", null)]
    public void The_word_with_the_fewest_changes_is_proposed_where_it_is_near(string typed, string? meant)
        => Assert.Equal(meant, Nearest.Of(typed, ["classify", "similarity", "embed", "model", "doctor"]));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ab", "ba", 1)]
    public void Changes_are_letters_put_in_taken_out_changed_or_swapped(string a, string b, int changes) => Assert.Equal(changes, Nearest.Changes(a, b));
}
