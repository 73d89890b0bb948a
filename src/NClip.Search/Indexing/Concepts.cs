using NClip.ZeroShot;

namespace NClip.Search.Indexing;

/// <summary>Things that pictures show: what scores are measured on, and names of albums.</summary>
internal static class Concepts
{
    /// <summary>Of many kinds, so that whatever a gallery shows most of them are not in it.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "cat", "dog", "horse", "fish", "bird", "insect", "snake", "elephant", "flower", "tree", "mountain", "sea", "desert", "snow", "sunset", "street",
        "house", "church", "kitchen", "bathroom", "bed", "chair", "lamp", "computer", "telephone", "book", "page of text", "map", "diagram", "clock", "money", "toy",
        "car", "train", "ship", "airplane", "bicycle", "rocket", "bridge", "machine", "child", "man", "woman", "crowd", "wedding", "dancer", "football", "tennis",
        "apple", "bread", "cake", "soup", "coffee", "bottle", "knife", "shoe", "hat", "guitar", "painting", "statue", "fire", "cell under a microscope", "moon", "flag",
    ];

    /// <summary>Unit features of names as captions have them.</summary>
    public static Matrix Encode(Clip clip, IReadOnlyList<string> names, CancellationToken cancellation)
        => clip.EncodeText([.. names.Select(n => PromptTemplates.Default.Fill(n).First())], cancellation).Normalized();
}
