namespace NClip.Search.Store;

/// <summary>A file as the gallery knows it.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Size">Bytes when it was read.</param>
/// <param name="Modified">Time of its last change (UTC ticks) when it was read; 0 where that was too near to be sure that nothing came after.</param>
/// <param name="Content">What was in it; null where it could not be read as a picture.</param>
/// <param name="Failure">Why it could not, or null.</param>
/// <param name="Sidecar">Sizes and times of the texts beside it as one number when they were read; 0 where there are none, -1 where they were too new to be sure.</param>
/// <param name="Caption">What they say, or null.</param>
internal sealed record StoredFile(string Path, long Size, long Modified, UInt128? Content, string? Failure, long Sidecar = 0, string? Caption = null);

/// <summary>A picture that the gallery did not have: its content and its unit vector.</summary>
internal sealed record NewContent(UInt128 Hash, ReadOnlyMemory<float> Vector, PictureFacts Facts);

/// <summary>What one transaction changes, all of it or nothing.</summary>
internal sealed class GalleryChanges
{
    /// <summary>Contents that the gallery did not have.</summary>
    public List<NewContent> Contents { get; } = [];

    /// <summary>Files that are new, changed, touched or broken, as they are now; their content is in <see cref="Contents"/> or was there before.</summary>
    public List<StoredFile> Files { get; } = [];

    /// <summary>Files that are gone.</summary>
    public List<string> Removed { get; } = [];

    /// <summary>How many entries.</summary>
    public int Count => Contents.Count + Files.Count + Removed.Count;

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        Contents.Clear();
        Files.Clear();
        Removed.Clear();
    }
}
