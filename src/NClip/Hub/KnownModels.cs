using System.Text.Json;

namespace NClip.Hub;

/// <summary>A model that people ask for by name.</summary>
/// <param name="Name">Name to give as model.</param>
/// <param name="Architecture">Image tower, and the text tower where it is not CLIP's.</param>
/// <param name="ImageSize">Input side in pixels.</param>
/// <param name="Dimensions">Length of a feature.</param>
/// <param name="MegaParameters">Parameters in millions.</param>
/// <param name="Source">Who trained it, on what.</param>
public sealed record KnownModel(string Name, string Architecture, int ImageSize, int Dimensions, double MegaParameters, string Source)
{
    /// <summary>Models that were made alike.</summary>
    public string Family { get; init; } = "";

    /// <summary>What sets the family apart.</summary>
    public string About { get; init; } = "";

    /// <summary>What it is the one to take for, or null.</summary>
    public string? For { get; init; }

    /// <summary>Floating point operations of a picture and a text together, in 10^9, a multiply-add counted as one or two as open_clip's profile has it; null where that has none.</summary>
    public double? GigaFlops { get; init; }

    /// <summary>Published share of ImageNet's pictures that it names right without having been trained to, in per cent; null where none is known.</summary>
    public double? ImageNet { get; init; }

    /// <summary>Who published <see cref="ImageNet"/>.</summary>
    public string? ImageNetSource { get; init; }
}

/// <summary>Models that people ask for by name. Any other repository with a CLIP or SigLIP in it works too.</summary>
public static class KnownModels
{
    private const string Resource = "known-models.json";

    // Sources of the resource: openai/CLIP clip.py and open_clip pretrained.py (names); open_clip docs/model_profile.csv (sizes, dimensions, parameters, operations)
    // and docs/openclip_results.csv (ImageNet); the makers' pages (ImageNet where that file has none); the repositories' cards (who, on what).
    private static readonly Lazy<IReadOnlyList<KnownModel>> _all = new(Read);

    /// <summary>The models by family, OpenAI's own names first.</summary>
    public static IReadOnlyList<KnownModel> All => _all.Value;

    private static List<KnownModel> Read()
    {
        using var stream = typeof(KnownModels).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"resource {Resource} is missing");
        using var json = JsonDocument.Parse(stream);
        return [.. json.RootElement.EnumerateArray().SelectMany(f => f.GetProperty("models").EnumerateArray().Select(m => Model(f, m)))];
    }

    private static KnownModel Model(JsonElement family, JsonElement m)
    {
        string Text(string name) => m.GetProperty(name).GetString()!;
        string? Maybe(string name) => m.TryGetProperty(name, out var v) ? v.GetString() : null;
        double? Number(string name) => m.TryGetProperty(name, out var v) ? v.GetDouble() : null;
        return new(Text("name"), Text("architecture"), m.GetProperty("image_size").GetInt32(), m.GetProperty("dimensions").GetInt32(), m.GetProperty("million_parameters").GetDouble(), Text("trained_by"))
        {
            Family = family.GetProperty("family").GetString()!,
            About = family.GetProperty("about").GetString()!,
            For = Maybe("for"),
            GigaFlops = Number("gflop"),
            ImageNet = Number("imagenet"),
            ImageNetSource = Maybe("imagenet_source"),
        };
    }
}
