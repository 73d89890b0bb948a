namespace NClip.Cli.Programs;

/// <summary>A program beside this one that a command becomes: it brings what nothing else here needs.</summary>
/// <param name="Name">Its file's, without .exe.</param>
/// <param name="Package">The tool's package, and the folder of src/ that it is built in.</param>
internal sealed record ProgramPlace(string Name, string Package)
{
    private string FileName => OperatingSystem.IsWindows() ? $"{Name}.exe" : Name;

    /// <summary>The program's path as this process sees it, or null.</summary>
    public string? Find() => Find(
        [AppContext.BaseDirectory, .. Path.GetDirectoryName(Environment.ProcessPath) is { } shim ? [shim] : (string[])[]],
        Environment.GetEnvironmentVariable("PATH") ?? "",
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify));

    /// <summary>The first that is there: beside this program, on the path, among the user's tools, built in the same clone.</summary>
    /// <param name="beside">Folders of this program: its files' and, of an installed tool, its start's.</param>
    /// <param name="path">The variable PATH.</param>
    /// <param name="home">The user's folder; empty where there is none.</param>
    public string? Find(IReadOnlyList<string> beside, string path, string home)
        => ((string[])[.. beside, .. path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), .. home.Length > 0 ? [Path.Combine(home, ".dotnet", "tools")] : (string[])[], .. beside.SelectMany(InClone)])
            .Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(CanRun);

    private IEnumerable<string> InClone(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "NClip.slnx"))) continue;
            foreach (var configuration in (string[])["Release", "Debug"]) yield return Path.Combine(at.FullName, "src", Package, "bin", configuration, "net10.0");
        }
    }

    private static bool CanRun(string file)
        => File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
