using NClip.Search.Indexing;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Indexing;

public sealed class PictureWalkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] Found(params string[] excluded)
        => [.. new PictureWalk([_folder.Path], excluded, TestContext.Current.CancellationToken).Files.Select(f => Path.GetRelativePath(_folder.Path, f.Path).Replace('\\', '/'))];

    [Fact]
    public void Pictures_of_persons_are_found_and_copies_of_systems_are_not()
    {
        foreach (var f in (string[])["b.JPG", "a/c.png", "a/notes.txt", ".hidden/x.jpg", "a/.x.jpg", "@eaDir/x.jpg", "__MACOSX/x.jpg", "$RECYCLE.BIN/x.jpg", "Thumbnails/x.jpg", "old.nclip/x.jpg"]) _folder.Write(f, "x");
        Assert.Equal(["a/c.png", "b.JPG"], Found());
    }

    [Fact]
    public void Patterns_leave_out_names_and_paths()
    {
        foreach (var f in (string[])["a/1.jpg", "a/2.jpg", "raw/3.jpg", "b/raw_4.jpg"]) _folder.Write(f, "x");
        Assert.Equal(["a/1.jpg"], Found("raw*", "*/a/2.jpg"));
    }

    [Fact]
    public void A_file_has_its_size_and_time_also_behind_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        using var elsewhere = new TemporaryFolder();
        var path = elsewhere.Write("5.png", "12345");
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        File.CreateSymbolicLink(_folder["link.png"], path);
        var f = Assert.Single(new PictureWalk([_folder.Path], [], default).Files);
        Assert.Equal((5, new DateTime(2020, 1, 2, 3, 4, 5).Ticks), (f.Size, f.Modified));
    }

    [Theory]
    [InlineData("/a/b.jpg", "/a", true)]
    [InlineData("/ab.jpg", "/a", false)]
    [InlineData("/a/b.jpg", "/", true)]
    public void A_path_lies_in_a_folder_and_not_in_one_whose_name_begins_alike(string path, string folder, bool below)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "paths of Unix");
        Assert.Equal(below, PictureWalk.IsBelow(path, folder));
    }
}
