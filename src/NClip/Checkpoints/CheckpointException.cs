namespace NClip.Checkpoints;

/// <summary>A checkpoint that cannot be read, or whose tensors do not fit the architecture. Nothing in the file was executed.</summary>
public sealed class CheckpointException(string file, string message, Exception? inner = null) : ClipException(message, file, inner);
