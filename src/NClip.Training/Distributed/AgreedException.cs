using NClip.Training.RunFiles;

namespace NClip.Training.Distributed;

/// <summary>What one process cannot do, known to all: each ends by itself, and the first one says why.</summary>
internal sealed class AgreedException(string message, bool isRefusal) : ClipException(message)
{
    /// <summary>2 where the call cannot be carried out as it is, otherwise 1.</summary>
    public int ExitCode => isRefusal ? 2 : 1;

    /// <summary>Whether a failure belongs to those that are exchanged; others are faults of the program.</summary>
    public static bool Is(Exception e) => e is ClipException or IOException or UnauthorizedAccessException;

    /// <summary>A failure as others get it.</summary>
    public static Outcome OutcomeOf(Exception? e) => new(e?.Message, e is RunFileException);

    /// <param name="Message">Null where nothing failed.</param>
    /// <param name="IsRefusal">Whether the call was not right.</param>
    internal sealed record Outcome(string? Message, bool IsRefusal);
}
