using NClip.ZeroShot;

namespace NClip.Data;

/// <summary>A folder with a folder of pictures for each class. The class's name, with spaces for underscores, is put into the templates: those are the captions.</summary>
public sealed class ClassFolder : ISampleSource
{
    private readonly string[] _pictures;
    private readonly Dictionary<string, string[]> _captions;

    internal ClassFolder(string folder, string[] pictures, PromptTemplates templates)
    {
        (Name, _pictures) = (folder, pictures);
        Classes = [.. pictures.Select(ClassOf).Distinct().Order(StringComparer.Ordinal)];
        _captions = Classes.ToDictionary(c => c, c => templates.Fill(c.Replace('_', ' ')).ToArray());
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The names of the folders, sorted.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <inheritdoc/>
    public int PartCount => _pictures.Length;

    /// <inheritdoc/>
    public string PartName(int part) => _pictures[part];

    /// <inheritdoc/>
    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken)
    {
        var picture = _pictures[part];
        var label = ClassOf(picture);
        return skip > 0 ? [] : [new RawSample { Key = picture, Source = Name, ImagePath = Path.Combine(Name, picture), Captions = _captions[label], Label = label }];
    }

    private static string ClassOf(string picture) => picture[..picture.IndexOf('/', StringComparison.Ordinal)];
}
