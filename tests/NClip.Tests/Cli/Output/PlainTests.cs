using NClip.Cli.Output;
using Xunit;

namespace NClip.Tests.Cli.Output;

public sealed class PlainTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("猫 é", "猫 é")]
    [InlineData("a\e]0;owned\ab", @"a\e]0;owned\u0007b")]
    [InlineData("a\nb\r\tc", @"a\nb\r\tc")]
    [InlineData("a\u009b31mb\u007f", @"a\u009b31mb\u007f")]
    [InlineData("a\u202egnp.exe", @"a\u202egnp.exe")]
    public void What_would_move_a_screen_is_written_out(string text, string shown) => Assert.Equal(shown, Plain.Text(text));

    [Fact]
    public void A_message_is_one_line_without_the_runtimes_words() => Assert.Equal("the label is empty. Give one.", Plain.Message("the label is empty. (Parameter 'text')\nGive one."));

    [Fact]
    public async Task Names_labels_and_texts_reach_a_screen_written_out()
    {
        using var folder = new TemporaryFolder();
        var bad = folder.Write("bad\e[2J.png", "no picture");
        File.Copy(Call.Sample("rocket.jpg"), folder["a\e]0;x\ab.jpg"]);
        string[] model = ["--model", Call.Model];
        foreach (var r in (Call[])[
            await Call.Nclip(["classify", folder.Path, "--labels", "cat\e[31m,dog", "--none", .. model]),
            await Call.Nclip(["similarity", folder.Path, "--text", "cat\e[31m", .. model]),
            await Call.Nclip(["similarity", folder.Path, "--text", "cat\e[31m", "--top", "1", .. model]),
            await Call.Nclip(["classify", folder.Path, "--labels", "cat\e[31m,dog\u009b", "--json", .. model]),
            await Call.Nclip("tokenize", "cat\e[31m"),
            await Call.Nclip("classify", bad, "--labels", "a,b"),
            await Call.Nclip("\e[31m"),
        ])
            Assert.DoesNotContain(r.Output + r.Error, c => c is '\e' or '\a' or '\u009b');
    }
}
