using System.Text.RegularExpressions;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>docs/cli.md names every command and every option that --help does, and no option that there is not.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string _page = File.ReadAllText(Path.Combine(Reference.Root, "docs", "cli.md"));

    // nclip-train's, another program: its own tests hold its --describe.
    private static readonly string[] _training = ["--set", "--dry-run", "--describe", "--alpha", "--wordnet", "--held-out", "--every"];

    [Fact]
    public async Task Every_command_and_option_is_documented_and_no_other()
    {
        var options = new HashSet<string> { "--help", "--version" };
        await Check([], options);
        var unknown = Option().Matches(_page).Select(m => m.Value).Where(o => !options.Contains(o)).Distinct().Except(["--project", .. _training]);
        Assert.True(!unknown.Any(), $"docs/cli.md names options that no command has: {string.Join(", ", unknown)}");
    }

    private static async Task Check(string[] path, HashSet<string> found)
    {
        var help = (await Call.Nclip([.. path, "--help"])).Output;
        var commands = Command().Matches(help.Contains("Commands:", StringComparison.Ordinal) ? help[help.IndexOf("Commands:", StringComparison.Ordinal)..].Split("Examples:")[0] : "").Select(m => m.Groups[1].Value).ToArray();
        if (commands.Length == 0) Assert.Contains($"## nclip {string.Join(' ', path)}\n", _page, StringComparison.Ordinal);
        foreach (var option in Option().Matches(help).Select(m => m.Value))
        {
            Assert.Contains(option, _page, StringComparison.Ordinal);
            found.Add(option);
        }
        foreach (var c in commands) await Check([.. path, c], found);
    }

    [GeneratedRegex("--[a-z][a-z0-9-]+")]
    private static partial Regex Option();

    [GeneratedRegex("^  ([a-z][a-z-]*) ", RegexOptions.Multiline)]
    private static partial Regex Command();
}
