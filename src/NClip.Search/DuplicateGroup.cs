namespace NClip.Search;

/// <summary>Pictures that show the same.</summary>
/// <param name="Keep">The best of them.</param>
/// <param name="Reason">Why it is: "most pixels", "largest file", ...</param>
/// <param name="Others">The rest, nearest first.</param>
public sealed record DuplicateGroup(string Keep, string Reason, IReadOnlyList<Duplicate> Others);

/// <summary>A picture that shows what another does.</summary>
/// <param name="File">Its full path.</param>
/// <param name="Score">Cosine between the two; 1 where the files are equal.</param>
/// <param name="IsCopy">Whether the files are equal, byte by byte.</param>
public sealed record Duplicate(string File, float Score, bool IsCopy);
