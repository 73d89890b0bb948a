using System.Diagnostics;
using NClip.Architectures;
using NClip.Hub;
using NClip.Tests.Cli;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>A cache in which others have been: links that lead elsewhere are never written through, and what is of no use does not stay.</summary>
public sealed class ForeignCacheTests : IDisposable
{
    private readonly FakeHub _hub = new();
    private readonly TemporaryFolder _elsewhere = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Blob => Path.Combine(_hub.Folder, "blobs", FakeHub.Sha256(FakeHub.Weights));

    public void Dispose()
    {
        _hub.Dispose();
        _elsewhere.Dispose();
    }

    private static void Link(string path, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, to);
    }

    private IEnumerable<string> Leftovers() => Directory.EnumerateFiles(_hub.CacheFolder, "*", SearchOption.AllDirectories).Where(f => f.EndsWith(".incomplete", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Links_in_the_cache_are_never_written_through(bool there)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        var victims = new[] { "part", "lock", "revision", "absent", "config" }.ToDictionary(n => n, n => there ? _elsewhere.Write(n, "precious") : _elsewhere[n]);
        Link(Blob + ".incomplete", victims["part"]);
        Link(Path.Combine(_hub.CacheFolder, ".locks", "models--org--tiny-clip", Path.GetFileName(Blob) + ".lock"), victims["lock"]);
        Link(Path.Combine(_hub.Folder, "refs", "main"), victims["revision"]);
        if (!there)
        {
            Link(Path.Combine(_hub.Folder, ".no_exist", FakeHub.Commit, "vocab.json"), victims["absent"]);
            Link(Path.Combine(_hub.Snapshot, "config.json"), victims["config"]);
        }

        var folder = await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.Equal(FakeHub.Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), Stop));
        Assert.Equal(FakeHub.Commit, await File.ReadAllTextAsync(Path.Combine(_hub.Folder, "refs", "main"), Stop));
        if (there) Assert.All(victims.Values, v => Assert.Equal("precious", File.ReadAllText(v)));
        else Assert.Empty(Directory.EnumerateFileSystemEntries(_elsewhere.Path));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Links_in_OpenAIs_cache_are_never_written_through()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        var part = _elsewhere.Write("part", "precious");
        Link(Path.Combine(_hub.OpenAIFolder, "RN50.pt.incomplete"), part);
        Link(Path.Combine(_hub.OpenAIFolder, ".locks", "RN50.pt.lock"), _elsewhere["lock"]);
        _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Weights);

        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync("RN50", cancellationToken: Stop));
        Assert.Equal(HubError.Integrity, e.Error);
        Assert.Equal("precious", await File.ReadAllTextAsync(part, Stop));
        Assert.False(File.Exists(_elsewhere["lock"]));
        Assert.Empty(Directory.EnumerateFiles(_hub.OpenAIFolder)); // no empty part either
    }

    [Fact]
    public async Task A_pipe_in_place_of_a_part_is_refused_and_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no pipes in folders there");
        Directory.CreateDirectory(Path.GetDirectoryName(Blob)!);
        using (var make = Process.Start("mkfifo", [Blob + ".incomplete"])) await make.WaitForExitAsync(Stop);
        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal(HubError.Cache, e.Error);
        Assert.Contains("a file is expected", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_in_circles_pipes_and_damaged_files_stop_no_list()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        await _hub.ResolveAsync(cancellationToken: Stop);
        Link(Path.Combine(_hub.Folder, "refs", "a"), ".");
        Link(Path.Combine(_hub.Folder, "refs", "b"), ".");
        Link(Path.Combine(_hub.Folder, "snapshots", new string('a', 40), "config.json"), "config.json");
        Link(Path.Combine(_hub.CacheFolder, "models--org--circle"), "models--org--circle");
        Link(Path.Combine(_hub.OpenAIFolder, "RN50.pt"), "RN50.pt");
        var refs = Directory.CreateDirectory(Path.Combine(_hub.CacheFolder, "models--org--pipes", "refs")).FullName;
        Directory.CreateDirectory(Path.Combine(_hub.CacheFolder, "models--org--pipes", "snapshots", FakeHub.Commit));
        using (var make = Process.Start("mkfifo", [Path.Combine(refs, "main"), Path.Combine(refs, "..", "snapshots", FakeHub.Commit, "config.json")])) await make.WaitForExitAsync(Stop);

        using var hub = _hub.Open();
        Assert.Equal([FakeHub.Repository], hub.ListCached(ModelFamily.Types).Select(m => m.Name));
    }

    [Fact]
    public async Task After_a_refusal_nothing_lies_about()
    {
        _hub.OverrideStore = r => new Answer { Status = 404 };
        await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Empty(Leftovers());

        _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Numbers(7));
        await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Empty(Leftovers());

        _hub.OverrideStore = null;
        Directory.CreateDirectory(Path.Combine(_hub.Folder, "refs", "main", "x")); // a folder where the revision's file should be
        Assert.Equal(HubError.Cache, (await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(cancellationToken: Stop))).Error);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task A_full_disk_is_told_and_not_left_full()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a limit of the shell stands for the disk");
        var call = Call.Process("model", "pull", FakeHub.Repository);
        // 200 kB a file, and an error in place of a signal; the runtime maps its code from a larger file unless told not to.
        var start = new ProcessStartInfo("bash", ["-c", "trap '' XFSZ; ulimit -f 200; exec dotnet \"$@\"", "bash", .. call.ArgumentList]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in new[] { ("DOTNET_EnableWriteXorExecute", "0"), ("HF_ENDPOINT", _hub.Site.Address.ToString()), ("HF_HUB_CACHE", _hub.CacheFolder), ("NO_PROXY", "127.0.0.1") }) start.Environment[name] = value;

        using var p = Process.Start(start)!;
        var output = p.StandardOutput.ReadToEndAsync(Stop);
        var error = await p.StandardError.ReadToEndAsync(Stop);
        await p.WaitForExitAsync(Stop);
        Assert.Contains("the cache cannot be written (its file system takes no file so large)", error, StringComparison.Ordinal);
        Assert.True(p.ExitCode is 1 or 2, $"exit code {p.ExitCode}: {error}{await output}");
        Assert.NotEmpty(_hub.Store.Requests);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task A_home_that_is_not_there_is_named_and_no_cache_lies_in_the_working_folder()
    {
        var start = Call.Process("model", "pull", "RN50");
        start.WorkingDirectory = _elsewhere.Path;
        start.Environment["HOME"] = start.Environment["USERPROFILE"] = _elsewhere.Write("home", "a file");
        start.Environment["HF_HUB_OFFLINE"] = "1";
        using var p = Process.Start(start)!;
        Assert.Contains(Path.Combine(_elsewhere["home"], ".cache", "clip", "RN50.pt"), await p.StandardError.ReadToEndAsync(Stop), StringComparison.Ordinal);
        Assert.Equal(["home"], Directory.EnumerateFileSystemEntries(_elsewhere.Path).Select(Path.GetFileName));
    }
}
