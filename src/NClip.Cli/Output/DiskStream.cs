namespace NClip.Cli.Output;

/// <summary>A file being written, whose refusals name the file that the user asked for and say what to do.</summary>
internal sealed class DiskStream(string path, FileStream file) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => file.CanRead;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => file.Length;

    /// <inheritdoc/>
    public override long Position { get => file.Position; set => Seek(value, SeekOrigin.Begin); }

    /// <summary>Whether an error is the file system's. (A file too large for it is an argument out of range to the runtime.)</summary>
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>What to say of an error of the file system.</summary>
    public static string Message(string path, Exception e) => $"{path}: cannot be written: {Why(e)}";

    /// <summary>Everything written so far reaches the disk.</summary>
    public void FlushToDisk() => Guard(() => file.Flush(flushToDisk: true));

    /// <inheritdoc/>
    public override void Flush() => Guard(file.Flush);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => file.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        Guard(() => file.Seek(offset, origin));
        return file.Position;
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => Guard(() => file.SetLength(value));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try { file.Write(buffer); }
        catch (Exception e) when (IsRefusal(e)) { throw new ClipException(Message(path, e), null, e); }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        try { file.Dispose(); }
        catch (IOException) { /* its buffer found no room: who wanted the file whole has flushed it, and knows */ }
        base.Dispose(disposing);
    }

    private void Guard(Action action)
    {
        try { action(); }
        catch (Exception e) when (IsRefusal(e)) { throw new ClipException(Message(path, e), null, e); }
    }

    private static string Why(Exception e) => e switch
    {
        DirectoryNotFoundException => "its folder does not exist. Make it, or name another.",
        UnauthorizedAccessException => "you have no right to write there. Name another folder.",
        _ when (e.HResult & 0xFFFF) is 28 or 39 or 112 => "the disk is full. Make room, or name another folder.", // ENOSPC; ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
        ArgumentOutOfRangeException => "its file system takes no file so large. Name a folder on another disk.",
        _ => e.Message,
    };
}
