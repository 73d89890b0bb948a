namespace NClip.Cli.Training;

/// <summary>Finds the program nclip-train, which this one becomes for `nclip train`: it brings libtorch, 461 MB, that nothing else here needs.</summary>
internal static class TrainingProgram
{
    /// <summary>What to say where it is not there.</summary>
    public const string Missing = "train needs the program nclip-train, which is not here: it brings libtorch, 461 MB. Install it: dotnet tool install NClip.Training.Cli -g";

    private static string FileName => OperatingSystem.IsWindows() ? "nclip-train.exe" : "nclip-train";

    /// <summary>The program's path as this process sees it, or null.</summary>
    public static string? Find() => Find(
        [AppContext.BaseDirectory, .. Path.GetDirectoryName(Environment.ProcessPath) is { } shim ? [shim] : (string[])[]],
        Environment.GetEnvironmentVariable("PATH") ?? "",
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify));

    /// <summary>The first that is there: beside this program, on the path, among the user's tools, built in the same clone.</summary>
    /// <param name="beside">Folders of this program: its files' and, of an installed tool, its start's.</param>
    /// <param name="path">The variable PATH.</param>
    /// <param name="home">The user's folder; empty where there is none.</param>
    public static string? Find(IReadOnlyList<string> beside, string path, string home)
        => ((string[])[.. beside, .. path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), .. home.Length > 0 ? [Path.Combine(home, ".dotnet", "tools")] : (string[])[], .. beside.SelectMany(Clone)])
            .Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(CanRun);

    private static IEnumerable<string> Clone(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "NClip.slnx"))) continue;
            foreach (var configuration in (string[])["Release", "Debug"]) yield return Path.Combine(at.FullName, "src", "NClip.Training.Cli", "bin", configuration, "net10.0");
        }
    }

    private static bool CanRun(string file)
        => File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
