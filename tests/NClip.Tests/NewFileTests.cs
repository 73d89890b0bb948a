using System.Text;
using NClip.Foundation;
using Xunit;
using DiskStream = NClip.Cli.Output.DiskStream;

namespace NClip.Tests;

public sealed class NewFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string[] Files => [.. Directory.EnumerateFiles(_folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_gets_its_name_when_it_is_whole_and_replaces_the_older_one()
    {
        _folder.Write("a", "old");
        NewFile.Write(_folder["a"], to =>
        {
            to.Write(Encoding.UTF8.GetBytes("new"));
            Assert.Equal("old", File.ReadAllText(_folder["a"]));
            Assert.EndsWith(NewFile.Part, Assert.Single(Files, f => f != "a"), StringComparison.Ordinal);
            Assert.Throws<IOException>(() => File.OpenRead(to.Name)); // locked: whoever clears away what ended processes left cannot take it
        });
        Assert.Equal("new", File.ReadAllText(_folder["a"]));
        Assert.Equal(["a"], Files);
    }

    [Fact]
    public void What_fails_leaves_the_older_file_and_no_part()
    {
        _folder.Write("a", "old");
        Assert.Throws<InvalidOperationException>(() => NewFile.Write(_folder["a"], to => { to.WriteByte(1); throw new InvalidOperationException(); }));
        Assert.Equal("old", File.ReadAllText(_folder["a"]));
        Assert.Equal(["a"], Files);

        using (var file = new NewFile(_folder["b"], ".tmp"))
        {
            file.Stream.WriteByte(1);
            Assert.Contains(Files, f => f.StartsWith("b.", StringComparison.Ordinal) && f.EndsWith(".tmp", StringComparison.Ordinal));
        }
        Assert.Equal(["a"], Files);
    }

    [Fact]
    public void A_link_with_the_files_name_is_replaced_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        File.CreateSymbolicLink(_folder["a"], _folder.Write("elsewhere", "kept"));
        NewFile.Write(_folder["a"], to => to.WriteByte((byte)'n'));
        Assert.Equal(("n", "kept"), (File.ReadAllText(_folder["a"]), File.ReadAllText(_folder["elsewhere"])));
    }

    [Fact]
    public void A_folder_with_the_files_name_is_a_refusal_and_leaves_no_part()
    {
        Directory.CreateDirectory(_folder["a"]);
        var e = Assert.ThrowsAny<Exception>(() => NewFile.Write(_folder["a"], to => to.WriteByte(1)));
        Assert.True(FileRefusal.Is(e), e.ToString());
        Assert.Empty(Files);
    }

    [Fact]
    public void Refusals_are_told_in_words_and_other_errors_are_none()
    {
        Exception[] refusals = [new IOException("x", unchecked((int)0x80070070)), TooLarge(1), new UnauthorizedAccessException(), new DirectoryNotFoundException(), new IOException("odd.")];
        Assert.All(refusals, e => Assert.True(FileRefusal.Is(e)));
        Assert.Equal(["the disk is full", "its file system takes no file so large", "you have no right to write there", "its folder does not exist", "odd"], refusals.Select(FileRefusal.Cause));
        Assert.All(refusals[..4], e => Assert.StartsWith(FileRefusal.Cause(e) + ". ", FileRefusal.Why(e), StringComparison.Ordinal));
        Assert.False(FileRefusal.Is(OutOfRange(1)));
        Assert.False(FileRefusal.Is(new InvalidOperationException()));
        Assert.True(DiskStream.IsRefusal(TooLarge(1)));
        Assert.Contains("a.npy: cannot be written: its file system takes no file so large", DiskStream.Message("a.npy", TooLarge(1)), StringComparison.Ordinal);

        static Exception TooLarge(long value) => new ArgumentOutOfRangeException(nameof(value), value, "The file length is too large.");
        static Exception OutOfRange(int count) => new ArgumentOutOfRangeException(nameof(count));
    }
}
