namespace NClip.Search;

/// <summary>A picture that was found.</summary>
/// <param name="File">Its full path.</param>
/// <param name="Score">Cosine between query and picture.</param>
/// <param name="Facts">What the file says of itself.</param>
public sealed record Match(string File, float Score, PictureFacts Facts);
