namespace NClip.Data;

/// <summary>A stream that is read from its beginning to its end and nothing else.</summary>
internal abstract class ForwardStream : Stream
{
    public abstract override int Read(Span<byte> buffer);

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    public sealed override long Length => throw ForwardOnly();

    public sealed override long Position { get => throw ForwardOnly(); set => throw ForwardOnly(); }

    public sealed override void Flush()
    {
    }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw ForwardOnly();

    public sealed override void SetLength(long value) => throw ForwardOnly();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw ForwardOnly();

    private static NotSupportedException ForwardOnly() => new("this stream is read forward only.");
}
