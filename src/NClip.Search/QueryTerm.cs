namespace NClip.Search;

/// <summary>A part of a query: a text or a picture, and how much it counts.</summary>
/// <param name="Weight">What its unit features are multiplied with; below 0: what is not wanted.</param>
/// <param name="Text">The text, or null.</param>
/// <param name="Picture">The picture, where there is no text.</param>
public sealed record QueryTerm(double Weight, string? Text, ImageInput? Picture = null);
