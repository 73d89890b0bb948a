namespace NClip.Search;

/// <summary>A picture of a gallery.</summary>
/// <param name="File">Its full path.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Facts">What the file says of itself.</param>
public sealed record GalleryPicture(string File, long Bytes, PictureFacts Facts);
