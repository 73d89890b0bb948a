using System.Text.Json;
using NClip.Text.Cleaning;
using Xunit;

namespace NClip.Tests.Text.Cleaning;

/// <summary>Truth: Python's str.lower (Unicode 14) on every character that it changes and on random neighbours of sigma.</summary>
public class LowerCaseTests
{
    [Fact]
    public void Both_lower_casings_equal_python()
    {
        var sigmaRule = 0;
        foreach (var line in File.ReadLines(Reference.Path("text/lower.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            var text = row.RootElement.GetProperty("text").GetString()!;
            var words = row.RootElement.GetProperty("words").GetString()!;
            var characters = row.RootElement.GetProperty("characters").GetString()!;
            Assert.Equal(words, LowerCase.Words(text));
            Assert.Equal(characters, LowerCase.Characters(text));
            sigmaRule += words == characters ? 0 : 1;
        }
        Assert.True(sigmaRule > 50, $"only {sigmaRule} rows tell the two apart");
    }

    [Fact]
    public void White_space_of_python_has_the_information_separators()
    {
        Assert.Equal(25, Enumerable.Range(0, 0x110000).Count(WhiteSpace.IsUnicode));
        Assert.Equal(29, Enumerable.Range(0, 0x110000).Count(WhiteSpace.IsPython));
    }
}
