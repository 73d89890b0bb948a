namespace NClip.Cli.Output;

/// <summary>Rows of one size that wait on disk until their number is known; memory stays flat however many there are.</summary>
internal sealed class RowFile : IDisposable
{
    private readonly DiskStream _file;
    private readonly long _rowBytes;

    /// <param name="target">The file that they are for; they wait beside it, where there is room for it.</param>
    /// <param name="rowBytes">Bytes in a row, below 2 GB.</param>
    /// <exception cref="UsageException">The folder cannot be written to.</exception>
    public RowFile(string target, long rowBytes)
    {
        _rowBytes = rowBytes;
        try { _file = new DiskStream(target, new FileStream($"{target}.{Guid.NewGuid():N}.rows", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose)); }
        catch (Exception e) when (DiskStream.IsRefusal(e)) { throw new UsageException(DiskStream.Message(target, e), e); }
    }

    /// <summary>Appends a row.</summary>
    public void Add(ReadOnlySpan<byte> row) => _file.Write(row);

    /// <summary>All rows are added.</summary>
    public void Flush() => _file.Flush();

    /// <summary>One row; not while rows are still added.</summary>
    public ReadOnlyMemory<byte> Read(int row)
    {
        var bytes = new byte[_rowBytes];
        _file.Position = row * _rowBytes;
        _file.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
