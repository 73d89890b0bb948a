namespace NClip.Cli;

/// <summary>The user stopped a run that kept what it had; the message says what and how to go on. Exit code 130.</summary>
internal sealed class StoppedException(string message, Exception inner) : OperationCanceledException(message, inner);
