using System.Globalization;
using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Foundation;

namespace NClip.Towers;

/// <summary>
/// A weight file that NClip wrote for itself: the names of the file it came from, but for 8-bit matrices and tables, which lie under their canonical names with a prefix; what else
/// the shapes do not show stands in the metadata.
/// </summary>
/// <param name="Naming">Whose names those are: one tower's alone may not show it.</param>
/// <param name="Tower">The only tower that is in it, by its part's name; null: both.</param>
/// <param name="Features">Width of the features.</param>
/// <param name="IsInt8">Its linear layers and token tables are 8-bit integers: graphs take them from the file as they lie, and the little else that is not float32 is converted inside them.</param>
internal sealed record OwnFile(Naming Naming, string? Tower, int Features, bool IsInt8)
{
    /// <summary>Before the canonical name of a matrix I8 (or U8 with 128 added) [in, out], and of its scales F32 [out].</summary>
    public const string Integers = "nclip.int8.", Scales = "nclip.scales.";

    /// <summary>Before the canonical name of a table of 8-bit integers, I8 [V, W]; its scales, F32 [V], are named as a matrix's.</summary>
    public const string Table = "nclip.table.";

    private const string NamingKey = "nclip.naming", TowerKey = "nclip.tower", FeaturesKey = "nclip.features", PrecisionKey = "nclip.precision", Int8 = "int8";

    /// <summary>The file's metadata.</summary>
    public Dictionary<string, string> Metadata()
    {
        var all = new Dictionary<string, string> { ["format"] = "pt", [NamingKey] = Naming.ToString(), [FeaturesKey] = Features.ToString(CultureInfo.InvariantCulture) };
        if (Tower is not null) all[TowerKey] = Tower;
        if (IsInt8) all[PrecisionKey] = Int8;
        return all;
    }

    /// <summary>What a file says of itself, or null.</summary>
    /// <exception cref="CheckpointException">It says what cannot be.</exception>
    public static OwnFile? Of(StateDict file)
    {
        if (!file.Metadata.TryGetValue(FeaturesKey, out var text)) return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var features) || features < ConfigRange.Width.Least || features > ConfigRange.Width.Most)
            throw new CheckpointException(file.Path, $"its metadata gives {FeaturesKey} as '{Shown.Name(text)}'; a number from {ConfigRange.Width.Least} to {ConfigRange.Width.Most} was expected. Export it again.");
        if (file.Metadata.TryGetValue(TowerKey, out var tower) && tower is not (ImagePart.Key or TextPart.Key))
            throw new CheckpointException(file.Path, $"its metadata gives {TowerKey} as '{Shown.Name(tower)}'; {ImagePart.Key} or {TextPart.Key} was expected. Export it again.");
        if (file.Metadata.GetValueOrDefault(NamingKey) is not { } said || !Enum.GetNames<Naming>().Contains(said) || !Enum.TryParse<Naming>(said, out var naming))
            throw new CheckpointException(file.Path, $"its metadata gives {NamingKey} as '{Shown.Name(file.Metadata.GetValueOrDefault(NamingKey) ?? "")}'; one of {string.Join(", ", Enum.GetNames<Naming>())} was expected. Export it again.");
        return new(naming, tower, features, file.Metadata.GetValueOrDefault(PrecisionKey) == Int8);
    }
}
