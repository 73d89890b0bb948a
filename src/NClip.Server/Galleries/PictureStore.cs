using NClip.Cli.Inputs;
using NClip.Search;
using NClip.Server.Guards;

namespace NClip.Server.Galleries;

/// <summary>Opens pictures of the gallery, and nothing else: a file is where its name says, below one of the gallery's folders, after every link on the way is followed; what was opened is looked at again, where the system says what it is.</summary>
internal sealed class PictureStore(Gallery gallery)
{
    private const int Largest = 1 << 30; // bytes of a file
    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private (IReadOnlyList<string> Folders, DateTime At) _roots = ([], DateTime.MinValue);

    /// <summary>Opens a picture's file.</summary>
    /// <exception cref="RefusedException">It is gone, or leads out of the gallery's folders.</exception>
    public FileStream Open(GalleryPicture picture)
    {
        var real = Inside(RealPath.Of(picture.File));
        FileStream file;
        try
        {
            if (new FileInfo(real).Length == 0) throw RefusedException.Missing("picture any more"); // a pipe too, whose opening would wait for a writer
            file = new FileStream(real, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw RefusedException.Missing("picture any more"); }
        try
        {
            if (Opened(file) is { } opened) Inside(opened);
            if (!file.CanSeek || file.Length > Largest) throw RefusedException.Missing("picture any more");
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A picture's bytes.</summary>
    /// <exception cref="RefusedException">It is gone, or leads out of the gallery's folders.</exception>
    public async Task<byte[]> ReadAsync(GalleryPicture picture, CancellationToken cancellation)
    {
        var file = Open(picture);
        await using (file.ConfigureAwait(false))
        {
            var bytes = new byte[file.Length];
            var n = 0;
            while (n < bytes.Length && await file.ReadAsync(bytes.AsMemory(n), cancellation).ConfigureAwait(false) is > 0 and var read) n += read;
            return n == bytes.Length ? bytes : bytes[..n];
        }
    }

    private string Inside(string? real)
        => real is not null && Roots().Any(root => RealPath.Of(root) is { } folder && real.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            ? real : throw RefusedException.Missing("picture any more");

    // Not of the gallery each time: it may be busy with a long search.
    private IReadOnlyList<string> Roots()
    {
        lock (_gate)
        {
            if (DateTime.UtcNow - _roots.At > _fresh) _roots = (gallery.Folders, DateTime.UtcNow);
            return _roots.Folders;
        }
    }

    // A link could have been laid between the look and the opening.
    private static string? Opened(FileStream file)
        => OperatingSystem.IsLinux() && new FileInfo(FormattableString.Invariant($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}")).LinkTarget is { } target && !target.EndsWith(" (deleted)", StringComparison.Ordinal) ? target : null;
}
