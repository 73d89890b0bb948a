using NClip.Data;

namespace NClip.Training.Data;

/// <summary>A source whose samples all have something to say: one whose captions are empty is broken, as there is nothing that its picture could fit.</summary>
internal sealed class CaptionedSource(ISampleSource source) : ISampleSource
{
    /// <inheritdoc/>
    public string Name => source.Name;

    /// <inheritdoc/>
    public int PartCount => source.PartCount;

    /// <inheritdoc/>
    public string PartName(int part) => source.PartName(part);

    /// <inheritdoc/>
    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken) => source.Read(part, skip, cancellationToken).Select(Checked);

    private static RawSample Checked(RawSample sample)
    {
        if (sample.Fault is not null || sample.Captions.Any(c => !string.IsNullOrWhiteSpace(c))) return sample;
        sample.Release();
        return new() { Key = sample.Key, Source = sample.Source, Position = sample.Position, Fault = sample.Captions.Count > 0 ? "its caption is empty" : "it has no caption, and the towers learn from pictures with captions" };
    }
}
