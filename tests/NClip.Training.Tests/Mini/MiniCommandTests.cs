using NClip.Training.Mini;
using Xunit;

namespace NClip.Training.Tests.Mini;

/// <summary>Calls of the recipe: what is wrong with one is said before anything is read.</summary>
public sealed class MiniCommandTests
{
    [Theory]
    [InlineData("bake", "'bake' is no step of mini")]
    [InlineData("text --stpes 5", "'--stpes' is no option of text")]
    [InlineData("blend --steps 5", "'--steps' is no option of blend")]
    [InlineData("text --steps", "--steps has no value")]
    [InlineData("text --steps 5 --steps 6", "--steps is given twice")]
    [InlineData("text --steps many", "--steps is 'many'; a whole number was expected")]
    [InlineData("tower --rate 1,5", "--rate is '1,5'; a number was expected")]
    [InlineData("tower --until soon", "--until is 'soon'; a time was expected")]
    [InlineData("shards MIRRORS", "shards needs two folders")]
    public void One_that_is_wrong_is_refused_with_what_was_found_and_expected(string call, string said)
        => Assert.StartsWith(said, Assert.Throws<RecipeCallException>(() => MiniCommand.Run(call.Split(' '))).Message);

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("text --steps 5 --help")]
    public void Help_runs_nothing(string call) => Assert.Equal(0, MiniCommand.Run(call.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
}
