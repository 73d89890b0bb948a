using System.Diagnostics;
using System.Text;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>What only a process of its own shows.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Output_is_utf8_without_mark_or_escape_codes_and_the_exit_code_reaches_the_shell()
    {
        var start = Call.Process("classify", Call.Sample("rocket.jpg"), "missing.jpg", "--labels", "猫,狗", "--model", Call.Model);
        start.Environment["LANG"] = "C";
        using var p = Process.Start(start)!;
        var error = p.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await p.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await p.WaitForExitAsync(TestContext.Current.CancellationToken);
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Encoding.Latin1.GetBytes(output));
        Assert.Equal(1, p.ExitCode);
        Assert.StartsWith(Call.Sample("rocket.jpg"), text);
        Assert.Contains('猫', text);
        Assert.DoesNotContain('\e', text);
        Assert.Contains("missing.jpg", await error);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_command_quietly()
    {
        using var folder = new TemporaryFolder();
        var input = folder.Write("many.jsonl", string.Concat(Enumerable.Repeat("{\"text\": \"a photo of a cat\"}\n", 200_000)));
        using var p = Process.Start(Call.Process("tokenize", "--input", input))!;
        await p.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        p.StandardOutput.Close();
        Assert.Equal("", await p.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await p.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(OperatingSystem.IsWindows() ? 0 : 141, p.ExitCode);
    }
}
