namespace NClip.Data;

/// <summary>Reads another stream forward only, counts, and knows whether the last block was the zeros that end a tar.</summary>
internal sealed class MeteredStream(Stream inner) : ForwardStream
{
    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Whether the last 512 bytes that were read in one piece are zeros.</summary>
    public bool EndsWithZeros { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        var n = inner.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        BytesRead += n;
        if (n > 0) EndsWithZeros = n >= 512 && !buffer[(n - 512)..n].ContainsAnyExcept((byte)0);
        return n;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
