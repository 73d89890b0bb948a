namespace NClip.Foundation;

/// <summary>What the file system refuses, and what to say of it.</summary>
internal static class FileRefusal
{
    /// <summary>Whether an error is the file system's. (A file too large for it is an argument out of range to the runtime, of a parameter that is nobody's.)</summary>
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException || IsTooLarge(e);

    /// <summary>The cause in words, without a full stop.</summary>
    public static string Cause(Exception e) => e switch
    {
        DirectoryNotFoundException => "its folder does not exist",
        UnauthorizedAccessException => "you have no right to write there",
        _ when IsTooLarge(e) => "its file system takes no file so large",
        _ when IsFull(e) => "the disk is full",
        _ => e.Message.TrimEnd('.'),
    };

    /// <summary>The cause, and what to do.</summary>
    public static string Why(Exception e) => e switch
    {
        DirectoryNotFoundException => $"{Cause(e)}. Make it, or name another.",
        UnauthorizedAccessException => $"{Cause(e)}. Name another folder.",
        _ when IsTooLarge(e) => $"{Cause(e)}. Name a folder on another disk.",
        _ when IsFull(e) => $"{Cause(e)}. Make room, or name another folder.",
        _ => e.Message,
    };

    private static bool IsTooLarge(Exception e) => e is ArgumentOutOfRangeException { ParamName: "value" } || (e is IOException && (e.HResult & 0xFFFF) is 27 or 223); // EFBIG; ERROR_FILE_TOO_LARGE

    private static bool IsFull(Exception e) => (e.HResult & 0xFFFF) is 28 or 39 or 112; // ENOSPC; ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
}
