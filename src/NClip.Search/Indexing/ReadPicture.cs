using System.Security.Cryptography;
using NClip.Foundation;
using NClip.Search.Store;

namespace NClip.Search.Indexing;

/// <summary>A file that was read: its content's hash and, where it is not large, its bytes; or why it could not be read.</summary>
internal sealed class ReadPicture
{
    private const long Held = 16 << 20; // larger files are read again when they are decoded, so that those under way do not fill the memory
    private static readonly TimeSpan _doubt = TimeSpan.FromSeconds(2); // the coarsest clock of a file system (FAT's)

    private ReadPicture(FoundFile file) => File = file;

    /// <summary>The file as the walk found it.</summary>
    public FoundFile File { get; }

    /// <summary>The first 16 bytes of the SHA-256 of all bytes.</summary>
    public UInt128 Hash { get; private init; }

    /// <summary>Why it could not be read, or null.</summary>
    public string? Failure { get; private init; }

    private byte[]? Bytes { get; init; }

    private (string? Text, long Stamp) Caption { get; init; }

    /// <summary>The time of its last change; 0 where a later change could have the same time, so that the next run reads it again.</summary>
    private long Modified { get; init; }

    /// <summary>Reads a file.</summary>
    public static ReadPicture Of(FoundFile file)
    {
        var now = DateTime.UtcNow;
        if (file.Size == 0) return new ReadPicture(file) { Failure = "the file is empty.", Modified = file.Modified }; // a pipe too, whose opening would wait for a writer
        try
        {
            using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            var bytes = stream.Length <= Held ? new byte[stream.Length] : null;
            if (bytes is not null) stream.ReadExactly(bytes);
            var hash = Hashes.Of(bytes is null ? SHA256.HashData(stream) : SHA256.HashData(bytes));
            return new ReadPicture(file) { Hash = hash, Bytes = bytes, Modified = now.Ticks - file.Modified < _doubt.Ticks ? 0 : file.Modified, Caption = file.Sidecar == 0 ? default : Sidecars.Read(file.Path, now.Ticks - _doubt.Ticks) };
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            return new ReadPicture(file) { Failure = $"it cannot be read: {(e is UnauthorizedAccessException ? "you have no right to" : e.Message)}" }; // and is tried again by the next run
        }
    }

    /// <summary>What its headers say.</summary>
    public PictureFacts Facts()
    {
        if (Bytes is { } bytes) return ExifReader.Read(new MemoryStream(bytes, writable: false));
        try
        {
            using var stream = System.IO.File.OpenRead(File.Path);
            return ExifReader.Read(stream);
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            return new PictureFacts(); // whoever decodes it says why
        }
    }

    /// <summary>The picture for the tower.</summary>
    public ImageInput Input() => Bytes is { } bytes ? ImageInput.From((ReadOnlyMemory<byte>)bytes, File.Path) : ImageInput.From(File.Path);

    /// <summary>The file as the gallery keeps it.</summary>
    public StoredFile As(UInt128? content, string? failure) => new(File.Path, File.Size, Modified, content, failure, failure is null ? Caption.Stamp : File.Sidecar, failure is null ? Caption.Text : null);
}
