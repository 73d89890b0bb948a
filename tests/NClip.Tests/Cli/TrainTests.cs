using System.Diagnostics;
using NClip.Cli;
using NClip.Cli.Commands;
using NClip.Cli.Programs;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>nclip train: the other program is found, and becomes this one. A few lines of shell stand for it.</summary>
public sealed class TrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_program_is_found_beside_this_one_then_on_the_path_then_among_the_tools_then_in_the_clone()
    {
        _folder.Write("clone/NClip.slnx", "");
        var clone = Program("clone/src/NClip.Training.Cli/bin/Release/net10.0", "");
        var tools = Program("home/.dotnet/tools", "");
        var path = Program("path", "");
        var here = _folder["clone/src/NClip.Cli/bin/Release/net10.0"];
        string? Found() => TrainingProgram.Place.Find([here], $"{_folder["nothing"]}{Path.PathSeparator}{_folder["path"]}", _folder["home"]);
        var beside = Program("clone/src/NClip.Cli/bin/Release/net10.0", "");
        foreach (var expected in (string[])[beside, path, tools, clone])
        {
            Assert.Equal(expected, Found());
            File.Delete(expected);
        }
        Assert.Null(Found());
    }

    [Fact]
    public void A_file_of_its_name_that_nobody_may_run_is_not_the_program()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "any file of that name may be run there");
        Program("path", "", runs: false);
        Assert.Null(TrainingProgram.Place.Find([], _folder["path"], _folder["home"]));
    }

    [Fact]
    public void One_that_is_not_there_is_named_with_the_line_that_installs_it()
    {
        var e = Assert.Throws<UsageException>(() => TrainCommand.Run(["mini"], program: null));
        Assert.Contains("nclip-train", e.Message, StringComparison.Ordinal);
        Assert.Contains("dotnet tool install NClip.Training.Cli", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_cannot_be_started_is_named()
    {
        var e = Assert.Throws<UsageException>(() => TrainCommand.Run([], _folder["missing"]));
        Assert.StartsWith($"{_folder["missing"]}: cannot be started: ", e.Message);
    }

    [Theory]
    [InlineData("train mini --help", "mini --help")]
    [InlineData("--verbose train --version", "--version")]
    [InlineData("train", "")]
    [InlineData("classify train", null)]
    public void Every_word_behind_train_goes_to_it(string call, string? passed)
        => Assert.Equal(passed, TrainCommand.Passed(call.Split(' ')) is { } words ? string.Join(' ', words) : null);

    [Fact]
    public async Task It_takes_the_process_with_its_arguments_and_its_exit_code()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a process cannot become another there");
        Program("path", "echo $$; for a in \"$@\"; do echo \"<$a>\"; done; exit 7");
        using var p = Process.Start(Nclip("train", "mini", "--steps", "two words", "", "--help"))!;
        var lines = (await p.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await p.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal([$"{p.Id}", "<mini>", "<--steps>", "<two words>", "<>", "<--help>"], lines);
        Assert.Equal(7, p.ExitCode);
    }

    [Fact]
    public async Task A_signal_reaches_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a process cannot become another there");
        Program("path", "trap 'echo told; exit 43' TERM; echo ready; while :; do sleep 0.05; done");
        using var p = Process.Start(Nclip("train"))!;
        try
        {
            Assert.Equal("ready", await p.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            using (var kill = Process.Start("kill", ["-TERM", $"{p.Id}"])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal("told", await p.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            await p.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(43, p.ExitCode);
        }
        finally
        {
            p.Kill();
        }
    }

    private ProcessStartInfo Nclip(params string[] arguments)
    {
        var start = Call.Process(arguments);
        start.Environment["PATH"] = $"{_folder["path"]}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        return start;
    }

    private string Program(string folder, string script, bool runs = true)
    {
        var file = Path.Combine(Directory.CreateDirectory(_folder[folder]).FullName, OperatingSystem.IsWindows() ? "nclip-train.exe" : "nclip-train");
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | (runs ? UnixFileMode.UserExecute : 0));
        return file;
    }
}
