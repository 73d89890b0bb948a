using NClip.Cli.Inputs;
using Xunit;

namespace NClip.Tests.Cli.Inputs;

public sealed class PictureFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _failed = [];

    public PictureFilesTests()
    {
        foreach (var f in (string[])["b.jpg", "a.PNG", "notes.txt", "z/1.webp", "z/deep/2.jpeg", "m/3.tiff", ".hidden/4.jpg", "._b.jpg"]) _folder.Write(f);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Expand(params string[] given) => [.. PictureFiles.Expand(given.Select(g => _folder[g]), (entry, message) => _failed.Add($"{Path.GetFileName(entry)}: {message}")).Select(f => Path.GetRelativePath(_folder[""], f).Replace('\\', '/'))];

    [Fact]
    public void A_folder_gives_its_pictures_and_those_of_its_subfolders_by_name_without_hidden_ones() => Assert.Equal(["a.PNG", "b.jpg", "m/3.tiff", "z/1.webp", "z/deep/2.jpeg"], Expand(""));

    [Fact]
    public void Files_keep_their_order_and_a_file_reached_twice_counts_once() => Assert.Equal(["b.jpg", "a.PNG", "m/3.tiff", "z/1.webp", "z/deep/2.jpeg"], Expand("b.jpg", "", "z/../a.PNG"));

    [Fact]
    public void A_file_that_is_named_is_taken_whatever_its_extension() => Assert.Equal(["notes.txt"], Expand("notes.txt"));

    [Theory]
    [InlineData("*.jpg", "b.jpg")]
    [InlineData("?.jpg", "b.jpg")]
    [InlineData("*/*.webp", "z/1.webp")]
    [InlineData("**/*.j*g", "b.jpg z/deep/2.jpeg")]
    [InlineData("z/**", "z/1.webp z/deep/2.jpeg")]
    [InlineData("z/**/2.*", "z/deep/2.jpeg")]
    public void A_pattern_that_the_shell_left_is_expanded(string pattern, string expected) => Assert.Equal(expected.Split(' '), Expand(pattern));

    [Fact]
    public void What_gives_no_picture_is_named_with_its_reason()
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Empty(Expand("missing.jpg", "empty", "*.gif"));
        Assert.Equal(3, _failed.Count);
        Assert.Contains("no such file or folder", _failed[0]);
        Assert.Contains("has no pictures", _failed[1]);
        Assert.Contains("no file matches", _failed[2]);
    }

    [Fact]
    public void A_folder_that_links_to_itself_ends_and_gives_each_picture_once()
    {
        Link("loop", ".");
        Link("z/up", "..");
        Assert.Equal(["a.PNG", "b.jpg", "m/3.tiff", "z/1.webp", "z/deep/2.jpeg"], Expand(""));
        Assert.Equal(["b.jpg"], Expand("**/b.jpg"));
        Assert.Empty(_failed);
    }

    [Fact]
    public void What_only_a_link_leads_to_is_found_and_what_does_not_need_it_keeps_its_own_name()
    {
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("5.png");
        Link("0", elsewhere.Path);
        Link("aa", "z");
        Link("dead", "nowhere");
        Assert.Equal(["0/5.png", "a.PNG", "b.jpg", "m/3.tiff", "z/1.webp", "z/deep/2.jpeg"], Expand(""));
        Assert.Equal(["aa/1.webp", "aa/deep/2.jpeg"], Expand("aa"));
    }

    [Fact]
    public void The_search_can_be_stopped()
        => Assert.Throws<OperationCanceledException>(() => PictureFiles.Expand([_folder[""]], (_, _) => { }, new CancellationToken(canceled: true)));

    [Fact]
    public void A_folder_that_cannot_be_read_is_named_and_the_others_are_searched()
    {
        var real = new FolderTree((_, _) => { }, default).List;
        var tree = new FolderTree((folder, why) => _failed.Add(why), default) { List = f => f.EndsWith("/m", StringComparison.Ordinal) ? throw new UnauthorizedAccessException("Access") : real(f) };
        Assert.Equal(["", "m", "z", "z/deep"], tree.Below(_folder.Path).Select(f => f.Folder[_folder.Path.Length..].TrimStart('/')));
        Assert.Contains("m: the folder cannot be read: you have no right to", Assert.Single(_failed));
    }

    private void Link(string name, string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        Directory.CreateSymbolicLink(_folder[name], target);
    }
}
