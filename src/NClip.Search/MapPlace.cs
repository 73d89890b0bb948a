namespace NClip.Search;

/// <summary>Where a picture lies on the map of a gallery: pictures that are alike are neighbours.</summary>
/// <param name="File">Its full path.</param>
/// <param name="Column">From the left, from 0.</param>
/// <param name="Row">From the top, from 0.</param>
public sealed record MapPlace(string File, int Column, int Row);
