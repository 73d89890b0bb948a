using System.Buffers;
using System.Formats.Tar;
using NClip.Hub;

namespace NClip.Data;

/// <summary>The files in a tar, one after the other, as far as it can be read; then <see cref="Damage"/> says what is wrong with it.</summary>
internal sealed class TarMembers(Func<Stream> open) : IDisposable
{
    private const long MaxBytes = 1L << 30;

    private MeteredStream? _stream;
    private TarReader? _tar;
    private TarEntry? _entry;

    /// <summary>Name up to the first dot of its last part, folders included.</summary>
    public string Key { get; private set; } = "";

    /// <summary>What follows that dot, in small letters.</summary>
    public string Extension { get; private set; } = "";

    /// <summary>Why no more can be read, or null: the tar ended as it should.</summary>
    public string? Damage { get; private set; }

    /// <summary>Goes to the next file whose name has a key and an extension. False at the end, and where the tar is damaged.</summary>
    public bool Next() => Guarded(() =>
    {
        _stream ??= new MeteredStream(open());
        _tar ??= new TarReader(_stream);
        while (true)
        {
            _entry = _tar.GetNextEntry();
            if (_entry is null) break;
            if (_entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile && Name(_entry.Name)) return true;
        }
        if (!_stream.EndsWithZeros) Damage = $"the tar ends at byte {_stream.BytesRead} without its end mark; it may be cut off. Get a complete copy.";
        return false;
    });

    /// <summary>Reads the file that <see cref="Next"/> found into a pooled buffer. Null where the tar is damaged.</summary>
    public (byte[] Buffer, int Length)? Load()
    {
        byte[]? buffer = null;
        var length = 0;
        return Guarded(() =>
        {
            if (_entry!.Length > MaxBytes) throw new InvalidDataException($"{_entry.Name} says that it has {_entry.Length:N0} bytes");
            length = (int)_entry.Length;
            buffer = ArrayPool<byte>.Shared.Rent(length);
            _entry.DataStream?.ReadExactly(buffer, 0, length);
            return true;
        }) ? (buffer!, length) : null;
    }

    private bool Guarded(Func<bool> read)
    {
        try
        {
            return Damage is null && read();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or ArgumentException or OverflowException or NotSupportedException or UnauthorizedAccessException or ClipException)
        {
            Damage = _stream is null ? $"the shard cannot be opened: {e.Message}"
                : e is HubException ? e.Message
                : $"the tar is damaged or cut off at byte {_stream.BytesRead}: {e.Message.TrimEnd('.')}. What came before is used. Get a complete copy.";
            return false;
        }
    }

    private bool Name(string name)
    {
        var start = name.LastIndexOf('/') + 1;
        var dot = name.IndexOf('.', start);
        if (dot <= start) return false;
        (Key, Extension) = (name[..dot], name[(dot + 1)..].ToLowerInvariant());
        return true;
    }

    public void Dispose()
    {
        _tar?.Dispose();
        _stream?.Dispose();
    }
}
