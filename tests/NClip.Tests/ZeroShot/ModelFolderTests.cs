using System.IO.Compression;
using System.Text;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests.ZeroShot;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nclip").FullName;

    [Theory]
    [InlineData("apple", false)]
    [InlineData("Red APPLE", false)]
    [InlineData("zyx apple", false)]
    [InlineData("zyxwv", true)]
    [InlineData("苹果", false)]
    [InlineData("鑫鑫", true)]
    [InlineData("...", false)]
    public void A_label_is_unknown_where_none_of_its_words_was_met(string label, bool unknown)
    {
        using (var w = new StreamWriter(new GZipStream(File.Create(Path.Combine(_folder, "known_words.txt.gz")), CompressionLevel.Fastest), new UTF8Encoding(false))) w.Write("apple\nred\n苹\n果\n");
        Assert.Equal(unknown, ModelFolder.Of(_folder).KnownWords!.NoneIn(label));
    }

    [Fact]
    public void Templates_come_from_the_models_folder()
    {
        File.WriteAllText(Path.Combine(_folder, "open_clip_config.json"), """{"nclip": {"templates": {"en": ["a {}"], "zh": ["一个{}"]}}}""");
        var t = ModelFolder.Of(_folder).Templates;
        Assert.Equal(["a cat"], t.Fill("cat"));
        Assert.Equal(["一个猫"], t.Fill("猫"));
    }

    [Fact]
    public void A_broken_template_file_is_named()
    {
        File.WriteAllText(Path.Combine(_folder, "open_clip_config.json"), """{"nclip": {"templates": {"en": ["a cat"], "zh": []}}}""");
        Assert.Contains("open_clip_config.json", Assert.ThrowsAny<ClipException>(() => ModelFolder.Of(_folder).Templates).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_words_that_unpacks_without_end_is_refused_by_name()
    {
        using (var w = new GZipStream(File.Create(Path.Combine(_folder, "known_words.txt.gz")), CompressionLevel.Fastest))
            for (var i = 0; i < 65; i++) w.Write(new byte[1 << 20]);
        Assert.Contains("gzip bomb", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_words_that_is_no_gzip_is_refused_by_name()
    {
        File.WriteAllText(Path.Combine(_folder, "known_words.txt.gz"), "apple");
        Refused();
    }

    private string Refused()
    {
        var e = Assert.Throws<ClipException>(() => ModelFolder.Of(_folder).KnownWords);
        Assert.Equal(Path.Combine(_folder, "known_words.txt.gz"), e.File);
        return e.Message;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
