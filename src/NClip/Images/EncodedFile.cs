using System.Buffers;

namespace NClip.Images;

/// <summary>The bytes of a file in a pooled buffer.</summary>
internal sealed class EncodedFile : IDisposable
{
    private byte[]? _buffer;
    private readonly int _length;

    private EncodedFile(string name, byte[] buffer, int length) => (Name, _buffer, _length) = (name, buffer, length);

    /// <summary>The path as it was given.</summary>
    public string Name { get; }

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <exception cref="ImageException">The file is not there or cannot be opened.</exception>
    public static EncodedFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[]? buffer = null;
        try
        {
            if (Directory.Exists(path)) throw new ImageException("this is a folder, not a picture. Name a file in it.", path);
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var size = RandomAccess.GetLength(file);
            if (size > MaxBytes) throw new ImageException($"the file has {size:N0} bytes; pictures of up to {MaxBytes:N0} bytes are read.", path);
            buffer = ArrayPool<byte>.Shared.Rent((int)size);
            var n = 0;
            while (n < size && RandomAccess.Read(file, buffer.AsSpan(n, (int)size - n), n) is > 0 and var read) n += read;
            var r = new EncodedFile(path, buffer, n);
            buffer = null;
            return r;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException("there is no such file. Check the path.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ImageException($"the file cannot be opened: {e.Message}", path, e);
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
    }

    private const long MaxBytes = 1L << 30;
}
