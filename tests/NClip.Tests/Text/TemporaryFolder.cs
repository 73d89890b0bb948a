namespace NClip.Tests.Text;

/// <summary>A folder that holds what a test puts there and goes away with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nclip-tokenizer-").FullName;

    public TemporaryFolder Add(string name, string content)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, name), content);
        return this;
    }

    public TemporaryFolder Copy(string reference, string name)
    {
        File.Copy(Reference.Path(reference), System.IO.Path.Combine(Path, name));
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
