using System.Globalization;
using System.Text;
using NClip.Data;

namespace NClip.Training.Data;

/// <summary>Pictures of noise with captions, in memory: what a run costs without its data. (open_clip's --dataset-type synthetic)</summary>
internal sealed class SyntheticSource : ISampleSource
{
    /// <summary>How a run file names it; the side of its pictures in pixels follows.</summary>
    public const string Prefix = "synthetic://";

    private const int Pictures = 4096, Different = 16;

    private readonly byte[][] _pictures;

    /// <param name="side">Of the pictures, in pixels.</param>
    public SyntheticSource(int side) => _pictures = [.. Enumerable.Range(0, Different).Select(i => Noise(side, i))];

    /// <inheritdoc/>
    public string Name => "synthetic pictures";

    /// <inheritdoc/>
    public int PartCount => Pictures;

    /// <summary>The source of a name, or null where it is another's.</summary>
    public static SyntheticSource? Of(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side is > 0 and <= 4096 ? new(side) : null;

    /// <inheritdoc/>
    public string PartName(int part) => part.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken) => skip > 0 ? [] :
    [
        new() { Key = PartName(part), Source = Name, Image = _pictures[part % Different], Captions = [string.Join(' ', Enumerable.Range(part, 90).Select(n => n.ToString(CultureInfo.InvariantCulture)))] },
    ];

    private static byte[] Noise(int side, int number)
    {
        var pixels = new byte[3 * side * side];
        var random = SampleRandom.Of(0, "synthetic", number: number);
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)random.Below(256);
        return [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"P6\n{side} {side}\n255\n")), .. pixels];
    }
}
