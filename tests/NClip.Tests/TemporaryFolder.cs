namespace NClip.Tests;

/// <summary>A folder that holds what a test puts there and goes away with it.</summary>
internal sealed class TemporaryFolder(string? above = null) : IDisposable
{
    public string Path { get; } = above is null ? Directory.CreateTempSubdirectory("nclip-").FullName : Directory.CreateDirectory(System.IO.Path.Combine(above, $"nclip-{Guid.NewGuid():N}")).FullName;

    /// <summary>A path in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file, and the folders above it; gives its path.</summary>
    public string Write(string name, string text = "")
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Writes a file.</summary>
    public TemporaryFolder Add(string name, string text)
    {
        Write(name, text);
        return this;
    }

    /// <summary>Copies a file of the reference.</summary>
    public TemporaryFolder Copy(string reference, string name)
    {
        File.Copy(Reference.Path(reference), this[name]);
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
