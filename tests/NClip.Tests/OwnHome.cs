using System.Runtime.CompilerServices;

namespace NClip.Tests;

/// <summary>
/// The tests' home: an empty folder of this run. What lies in the caches of whoever runs the tests changes no result, and nothing is left there.
/// Set before the first line of a test is run, for this process and all that it starts.
/// </summary>
internal static class OwnHome
{
    private static readonly string[] _emptied =
    [
        "HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
    ];

    /// <summary>The folder.</summary>
    public static string Folder { get; } = Directory.CreateTempSubdirectory("nclip-home-").FullName;

    [ModuleInitializer]
    internal static void Enter()
    {
        // The SDK, where a test starts it, keeps the packages and tools of the real home.
        var real = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        Default("DOTNET_CLI_HOME", real);
        Default("NUGET_PACKAGES", Path.Combine(real, ".nuget", "packages"));

        foreach (var name in _emptied) Environment.SetEnvironmentVariable(name, null);
        foreach (var name in (string[])["HOME", "USERPROFILE"]) Environment.SetEnvironmentVariable(name, Folder);
        var cache = Path.Combine(Folder, ".cache");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache);
        Environment.SetEnvironmentVariable("LOCALAPPDATA", cache);
        Environment.SetEnvironmentVariable("HF_HOME", Path.Combine(cache, "huggingface"));
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", Path.Combine(cache, "huggingface", "hub"));
        Environment.SetEnvironmentVariable("NCLIP_CACHE", Path.Combine(cache, "nclip", "weights"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Leave();
    }

    private static void Default(string name, string value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))) Environment.SetEnvironmentVariable(name, value);
    }

    private static void Leave()
    {
        try { Directory.Delete(Folder, recursive: true); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* a process that a test started still writes there; the system's temporary folder is emptied by others */ }
    }
}
