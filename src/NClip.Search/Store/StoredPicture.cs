namespace NClip.Search.Store;

/// <summary>A file of a gallery with all that is known of it.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Facts">What it says of itself.</param>
/// <param name="Row">The row of its vector in <see cref="GalleryContents.Vectors"/>; files with the same content have the same.</param>
internal sealed record StoredPicture(string Path, long Size, PictureFacts Facts, int Row);

/// <summary>All pictures of a gallery, by path, and the unit vectors of their contents.</summary>
internal sealed record GalleryContents(IReadOnlyList<StoredPicture> Pictures, Matrix Vectors);
