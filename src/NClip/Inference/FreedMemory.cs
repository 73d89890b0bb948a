using System.Runtime.InteropServices;

namespace NClip.Inference;

/// <summary>
/// What native code frees goes back to the system. While ONNX Runtime makes a session it lays the weights of convolutions out anew, several times over; the C library
/// of most Linux systems takes the first large block that is freed as a sign that such blocks come and go, and from then on keeps them, in pieces. A limit that it
/// was given stays: larger blocks are the system's again when they are freed. Whoever set one himself, by the variables, keeps his.
/// Who asks for the same blocks again and again, as training does, is better served by the contrary: it pays for new pages, which the system hands out empty, at every step.
/// </summary>
internal static partial class FreedMemory
{
    private const int TrimThreshold = -1, MapThreshold = -3, MapMost = -4; // M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX of malloc.h

    private const int Bytes = 256 << 10;

    private static readonly string[] _variables = ["MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"];

    private static readonly Lazy<bool> _given = new(Give);

    /// <summary>Whether one of glibc's variables says it already.</summary>
    public static bool IsSetByTheUser => _variables.Any(v => Environment.GetEnvironmentVariable(v) is { Length: > 0 });

    /// <summary>Sets the limit at the first call. To be called before the first session is made.</summary>
    /// <returns>Whether it is set.</returns>
    public static bool GiveBack() => _given.Value;

    /// <summary>From now on blocks come from one heap that is never trimmed, whatever <see cref="GiveBack"/> said before or will say.</summary>
    /// <returns>Whether it is so.</returns>
    public static bool Keep() => Set((TrimThreshold, -1), (MapMost, 0));

    private static bool Give() => Set((MapThreshold, Bytes));

    private static bool Set(params ReadOnlySpan<(int Option, int Value)> options)
    {
        if (!OperatingSystem.IsLinux() || IsSetByTheUser) return false;
        try
        {
            var set = true;
            foreach (var (option, value) in options) set &= SetOption(option, value) == 1;
            return set;
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
