using System.Diagnostics;
using NClip.Tests.Cli;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>ONNX Runtime's own report on its use, which is off.</summary>
public sealed class RuntimeTelemetryTests
{
    [Theory]
    [InlineData("classify")]
    [InlineData("doctor")]
    public async Task A_first_run_writes_nothing_below_an_empty_home(string command)
    {
        using var home = new TemporaryFolder();
        var start = command == "classify" ? Call.Process(command, Call.Sample("chelsea.png"), "--labels", "cat,dog", "--model", Call.Model) : Call.Process(command);
        foreach (var name in (string[])["HOME", "USERPROFILE", "LOCALAPPDATA"]) start.Environment[name] = home.Path;
        foreach (var name in (string[])["XDG_CACHE_HOME", "XDG_DATA_HOME", NClip.Inference.RuntimeTelemetry.Variable]) start.Environment.Remove(name);
        using var p = Process.Start(start)!;
        var error = p.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await p.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await p.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(command == "doctor" || p.ExitCode == 0, await error);
        Assert.NotEmpty(output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home.Path, "*", SearchOption.AllDirectories));
    }
}
