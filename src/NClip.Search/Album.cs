namespace NClip.Search;

/// <summary>Pictures of a gallery that belong together.</summary>
/// <param name="Name">The label that fits them best; "album 3" where there is none left.</param>
/// <param name="Files">The pictures, those nearest to the middle first.</param>
public sealed record Album(string Name, IReadOnlyList<string> Files);
