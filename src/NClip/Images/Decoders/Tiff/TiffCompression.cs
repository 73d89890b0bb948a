using System.IO.Compression;

namespace NClip.Images.Decoders.Tiff;

/// <summary>TIFF's byte codings: none, LZW (section 13), deflate, PackBits (section 9).</summary>
internal static class TiffCompression
{
    /// <summary>Fills <paramref name="bytes"/> from one strip or tile.</summary>
    public static void Unpack(ReadOnlyMemory<byte> packed, int compression, Span<byte> bytes, DecodeRequest request)
    {
        var n = compression switch
        {
            5 => Lzw(packed.Span, bytes, request),
            8 or 32946 => Deflate(packed, bytes, request),
            32773 => PackBits(packed.Span, bytes),
            _ => Copy(packed.Span, bytes),
        };
        if (n < bytes.Length) throw request.Truncated(ImageFormat.Tiff);
    }

    private static int Copy(ReadOnlySpan<byte> packed, Span<byte> bytes)
    {
        var n = Math.Min(packed.Length, bytes.Length);
        packed[..n].CopyTo(bytes);
        return n;
    }

    private static int Deflate(ReadOnlyMemory<byte> packed, Span<byte> bytes, DecodeRequest request)
    {
        try
        {
            using var stream = new ZLibStream(new SegmentStream([packed]), CompressionMode.Decompress);
            return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw request.Broken(ImageFormat.Tiff, "its compressed pixels are damaged", e);
        }
    }

    private static int PackBits(ReadOnlySpan<byte> b, Span<byte> bytes)
    {
        var (at, n) = (0, 0);
        while (n < bytes.Length && at < b.Length)
        {
            int count = (sbyte)b[at++];
            if (count == -128) continue;
            if (count < 0)
            {
                if (at >= b.Length) break;
                var run = Math.Min(1 - count, bytes.Length - n);
                bytes.Slice(n, run).Fill(b[at++]);
                n += run;
            }
            else
            {
                var run = Math.Min(Math.Min(1 + count, bytes.Length - n), b.Length - at);
                b.Slice(at, run).CopyTo(bytes[n..]);
                (at, n) = (at + run, n + run);
            }
        }
        return n;
    }

    /// <summary>Codes of 9..12 bits, most significant bit first, that grow one entry before the table is full. A string is a place and a length in what is already written.</summary>
    private static int Lzw(ReadOnlySpan<byte> b, Span<byte> bytes, DecodeRequest request)
    {
        const int clear = 256, end = 257;
        var (starts, lengths) = (new int[4096], new int[4096]);
        var (n, next, bits, previous) = (0, 258, 9, -1);
        var (buffer, held, at) = (0u, 0, 0);
        while (n < bytes.Length)
        {
            for (; held < bits && at < b.Length; held += 8) buffer = (buffer << 8) | b[at++];
            if (held < bits) break;
            var code = (int)(buffer >> (held - bits)) & ((1 << bits) - 1);
            held -= bits;
            if (code == end) break;
            if (code == clear)
            {
                (next, bits, previous) = (258, 9, -1);
                continue;
            }
            if (code > next || (code >= 256 && previous < 0)) throw request.Broken(ImageFormat.Tiff, "its compressed pixels use a code before it is defined");
            var start = n;
            if (previous >= 0 && next < 4096)
            {
                // The new string is the one before and the byte that follows it, which is written now.
                (starts[next], lengths[next]) = (start - previous, previous + 1);
                next++;
            }
            if (code < 256)
            {
                bytes[n++] = (byte)code;
            }
            else
            {
                if (code >= next) throw request.Broken(ImageFormat.Tiff, "its compressed pixels use a code before it is defined");
                for (var i = 0; i < lengths[code] && n < bytes.Length; i++) bytes[n++] = bytes[starts[code] + i];
            }
            previous = n - start;
            if (next == (1 << bits) - 1 && bits < 12) bits++;
        }
        return n;
    }
}
