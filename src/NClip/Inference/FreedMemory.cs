using System.Runtime.InteropServices;

namespace NClip.Inference;

/// <summary>
/// What native code frees goes back to the system. While ONNX Runtime makes a session it lays the weights of convolutions out anew, several times over; the C library
/// of most Linux systems takes the first large block that is freed as a sign that such blocks come and go, and from then on keeps them, in pieces. A limit that it
/// was given stays: larger blocks are the system's again when they are freed. Whoever set one himself, by the variables, keeps his.
/// </summary>
internal static partial class FreedMemory
{
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD of malloc.h

    private const int Bytes = 256 << 10;

    private static readonly string[] _variables = ["MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"];

    private static readonly Lazy<bool> _given = new(Give);

    /// <summary>Sets the limit at the first call. To be called before the first session is made.</summary>
    /// <returns>Whether it is set.</returns>
    public static bool GiveBack() => _given.Value;

    private static bool Give()
    {
        if (!OperatingSystem.IsLinux() || _variables.Any(v => Environment.GetEnvironmentVariable(v) is { Length: > 0 })) return false;
        try
        {
            return SetOption(MapThreshold, Bytes) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // musl has no such option, and keeps nothing
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetOption(int option, int value);
}
