namespace NClip.Foundation;

/// <summary>The user's folders that caches lie in, as the system and variables name them.</summary>
internal static class UserFolders
{
    /// <summary>The user's home, whether it is there or not: asked to verify it, the system would give an empty name, and the caches would lie in the working folder.</summary>
    public static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    /// <summary>Where this system keeps what can be made again: XDG_CACHE_HOME, else the local application data (Windows), ~/Library/Caches (macOS), ~/.cache.</summary>
    public static string Cache(Func<string, string?> variable) =>
        variable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? Expand(xdg)
        : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify)
        : OperatingSystem.IsMacOS() ? Path.Combine(Home, "Library", "Caches")
        : Path.Combine(Home, ".cache");

    /// <summary>A variable's path: ~ is the home, %NAME% a variable.</summary>
    public static string Expand(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal)
        ? Path.Combine(Home, path[1..].TrimStart('/', '\\'))
        : Environment.ExpandEnvironmentVariables(path);

    /// <summary>Bytes that may still be written to a folder's disk, or null where it does not say.</summary>
    public static long? FreeSpace(string folder)
    {
        try { return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException) { return null; }
    }
}
