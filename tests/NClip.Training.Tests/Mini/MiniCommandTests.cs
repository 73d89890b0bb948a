using NClip.Tests;
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
    [InlineData("run nowhere.txt", "the file of steps nowhere.txt is not there")]
    [InlineData("mean --steps 5", "'--steps' is no option of mean")]
    [InlineData("shards --steps 5", "'--steps' is no option of shards")]
    public void One_that_is_wrong_is_refused_with_what_was_found_and_expected(string call, string said)
        => Assert.StartsWith(said, Assert.Throws<RecipeCallException>(() => MiniCommand.Run(call.Split(' '))).Message);

    [Fact]
    public void A_file_of_steps_goes_on_where_it_ended()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["recipe.txt"], "# a, then b\ntext --output WORK/a --trunk DATA/t\n\ntower --output WORK/b\nmean --output WORK/c\n");
        foreach (var there in "ab") File.WriteAllText(folder[there.ToString()], "");
        var taken = new List<string>();
        RecipeFile.Run(folder["recipe.txt"], ["--work", folder.Path, "--data", "d"], step => taken.Add(string.Join(' ', step)));
        // The tower sees itself how far it came.
        Assert.Equal([$"tower --output {folder["b"]} --work {folder.Path} --data d", $"mean --output {folder["c"]} --work {folder.Path} --data d"], taken);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("text --steps 5 --help")]
    public void Help_runs_nothing(string call) => Assert.Equal(0, MiniCommand.Run(call.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
}
