namespace NClip.Search;

/// <summary>What a picture file, and the text beside it, say of it; null where they do not.</summary>
/// <param name="Width">Pixels across, as they are stored.</param>
/// <param name="Height">Pixels down, as they are stored.</param>
/// <param name="Taken">When it was taken, by the camera's own clock.</param>
/// <param name="Camera">Maker and model.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
/// <param name="Orientation">1..8 as EXIF has it; 1 where it says nothing.</param>
public sealed record PictureFacts(int? Width = null, int? Height = null, DateTime? Taken = null, string? Camera = null, double? Latitude = null, double? Longitude = null, int Orientation = 1)
{
    /// <summary>What a text beside the file says of it (<c>.txt</c>, else <c>.cls</c>, of the same name): its first line with something in it.</summary>
    public string? Caption { get; init; }
}
