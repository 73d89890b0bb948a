namespace NClip.Cli.Output;

/// <summary>Rows of one size that wait on disk until their number is known; memory stays flat however many there are.</summary>
internal sealed class RowFile : IDisposable
{
    private readonly FileStream _file;
    private readonly long _rowBytes;

    /// <param name="target">The file that they are for; they wait beside it, where there is room for it.</param>
    /// <param name="rowBytes">Bytes in a row.</param>
    /// <exception cref="UsageException">The folder cannot be written to.</exception>
    public RowFile(string target, long rowBytes)
    {
        _rowBytes = rowBytes;
        try { _file = new FileStream($"{target}.{Guid.NewGuid():N}.rows", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new UsageException($"{target}: cannot be written ({e.Message})", e); }
    }

    /// <summary>Appends a row.</summary>
    public void Add(ReadOnlySpan<byte> row) => _file.Write(row);

    /// <summary>One row; not while rows are still added.</summary>
    public ReadOnlyMemory<byte> Read(int row) => Read(row * _rowBytes, _rowBytes);

    /// <summary>All rows, one behind the other.</summary>
    public ReadOnlyMemory<byte> ReadAll() => Read(0, _file.Length);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private byte[] Read(long from, long count)
    {
        var bytes = new byte[count];
        _file.Position = from;
        _file.ReadExactly(bytes);
        return bytes;
    }
}
