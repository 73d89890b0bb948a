using NClip.Foundation;
using Xunit;

namespace NClip.Tests.Export;

public sealed class NewFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_writing_that_fails_leaves_nothing()
    {
        var e = Assert.Throws<InvalidOperationException>(() => NewFolder.Write(_folder["new"], making =>
        {
            File.WriteAllText(Path.Combine(making, "half"), "");
            throw new InvalidOperationException("the disk is full");
        }));
        Assert.Equal("the disk is full", e.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_folder_that_exists_is_refused_before_anything_is_written()
    {
        Directory.CreateDirectory(_folder["new"]);
        Assert.Contains("exists already", Assert.Throws<ClipException>(() => NewFolder.Write(_folder["new"], _ => throw new InvalidOperationException())).Message, StringComparison.Ordinal);
        Assert.Equal([_folder["new"]], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_an_interrupted_writing_left_does_not_get_into_the_folder()
    {
        Directory.CreateDirectory(_folder["new.incomplete"]);
        File.WriteAllText(_folder["new.incomplete/old"], "");
        NewFolder.Write(_folder["new"] + Path.DirectorySeparatorChar, making => File.WriteAllText(Path.Combine(making, "whole"), ""));
        Assert.Equal([_folder["new/whole"]], Directory.EnumerateFileSystemEntries(_folder["new"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_refusal_of_the_disk_is_told_by_the_folders_name()
    {
        var e = Assert.Throws<ClipException>(() => NewFolder.Write(_folder["new"], making => File.WriteAllText(Path.Combine(making, "no/such"), "")));
        Assert.Equal(_folder["new"], e.File);
        Assert.Contains("cannot be written", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_link_in_the_place_of_an_interrupted_writing_is_removed_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("kept");
        Directory.CreateSymbolicLink(_folder["new.incomplete"], elsewhere.Path);
        NewFolder.Write(_folder["new"], making => File.WriteAllText(Path.Combine(making, "whole"), ""));
        Assert.Equal([elsewhere["kept"]], Directory.EnumerateFileSystemEntries(elsewhere.Path));
        Assert.Equal([_folder["new/whole"]], Directory.EnumerateFileSystemEntries(_folder["new"]));
    }

    public void Dispose() => _folder.Dispose();
}
