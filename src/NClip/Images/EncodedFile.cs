using System.Buffers;

namespace NClip.Images;

/// <summary>The bytes of a picture file in a pooled buffer.</summary>
internal sealed class EncodedFile : IDisposable
{
    private byte[]? _buffer;
    private readonly int _length;

    private EncodedFile(string? name, byte[] buffer, int length) => (Name, _buffer, _length) = (name, buffer, length);

    /// <summary>What messages call it: a path as it was given.</summary>
    public string? Name { get; }

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
            if (size > MaxBytes) throw new ImageException(FormattableString.Invariant($"the file has {size:N0} bytes; pictures of up to {MaxBytes:N0} bytes are read."), path);
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

    /// <summary>Reads what is left of a stream.</summary>
    /// <exception cref="ImageException">The stream cannot be read, or has more bytes than a picture may.</exception>
    public static EncodedFile Read(Stream stream, string? name)
    {
        var buffer = Array.Empty<byte>();
        try
        {
            buffer = ArrayPool<byte>.Shared.Rent(FirstBytes(stream));
            var n = 0;
            while (stream.Read(buffer.AsSpan(n)) is > 0 and var read)
            {
                if ((n += read) < buffer.Length) continue;
                if (n > MaxBytes) throw new ImageException(FormattableString.Invariant($"the stream has more than {MaxBytes:N0} bytes; pictures of up to that many are read."), name);
                var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * n, MaxBytes + 1));
                buffer.AsSpan(0, n).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
            return new EncodedFile(name, buffer, n);
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (e is not (IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException)) throw;
            throw new ImageException($"the stream cannot be read: {e.Message}", name, e);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>One more than the stream says it has, so that its end is seen without a larger buffer.</summary>
    private static int FirstBytes(Stream stream) => stream.CanSeek ? (int)Math.Clamp(stream.Length - stream.Position + 1, 1, MaxBytes + 1) : 1 << 16;

    private const long MaxBytes = 1L << 30;
}
