using System.IO.Enumeration;
using System.Text;

namespace NClip.Data;

/// <summary>The pictures of a folder and its subfolders, each with its captions in a .txt file of the same name beside it.</summary>
public sealed class PictureFolder : ISampleSource
{
    private readonly string[] _pictures;
    private readonly bool _captionPerLine;

    internal PictureFolder(string folder, string[] pictures, bool captionPerLine) => (Name, _pictures, _captionPerLine) = (folder, pictures, captionPerLine);

    /// <summary>What counts as a picture, in shards too; what it is, its bytes say.</summary>
    internal static IReadOnlyList<string> Extensions { get; } = [.. Images.PictureFile.Extensions.Select(e => e[1..])];

    internal static bool IsPicture(string extension) => Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase);

    /// <summary>Paths below <paramref name="folder"/>, with /, in an order that does not depend on the file system. Hidden files and folders are left out.</summary>
    internal static string[] Pictures(string folder)
    {
        var root = Path.GetFullPath(folder);
        return [.. new FileSystemEnumerable<string>(root, (ref FileSystemEntry e) => e.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.System, MaxRecursionDepth = 64 })
        {
            ShouldIncludePredicate = (ref FileSystemEntry e) => !e.IsDirectory && e.FileName[0] != '.' && IsPicture(Path.GetExtension(e.FileName).TrimStart('.').ToString()),
            ShouldRecursePredicate = (ref FileSystemEntry e) => e.FileName[0] != '.',
        }.Select(p => Path.GetRelativePath(root, p).Replace('\\', '/')).Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int PartCount => _pictures.Length;

    /// <inheritdoc/>
    public string PartName(int part) => _pictures[part];

    /// <inheritdoc/>
    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken)
    {
        if (skip > 0) yield break;
        var path = Path.Combine(Name, _pictures[part]);
        yield return new RawSample { Key = _pictures[part], Source = Name, ImagePath = path, Captions = Captions(Path.ChangeExtension(path, ".txt"), out var fault), Fault = fault };
    }

    private string[] Captions(string file, out string? fault)
    {
        fault = null;
        try
        {
            return CaptionText.Split(File.ReadAllText(file, Encoding.UTF8), _captionPerLine);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault = $"{file} cannot be read: {e.Message}";
            return [];
        }
    }
}
