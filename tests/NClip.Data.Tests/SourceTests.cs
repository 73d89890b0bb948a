using System.IO.Compression;
using System.Text;
using NClip.Tests;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Data.Tests;

public class SourceTests
{
    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public void Members_are_grouped_by_their_name_up_to_the_first_dot()
    {
        using var folder = new TemporaryFolder();
        TestData.Tar(folder["a.tar"], ("x/1.jpg", [1, 2]), ("x/1.txt", Bytes("one\n  two \n\n")), ("x/1.json", Bytes("""{"width": 7}""")),
            ("2.PNG", [3]), ("2.seg.png", [9]), ("2.cls", Bytes("cat\n")), ("3.webp", [4]), ("3.json", Bytes("""{"caption": "three"}""")), ("._4.jpg", [5]), ("noextension", [6]));
        var samples = DataSource.Open(folder["a.tar"]).ReadAll().ToArray();
        Assert.Equal(["x/1", "2", "3"], samples.Select(s => s.Key));
        Assert.Equal([new byte[] { 1, 2 }, [3], [4]], samples.Select(s => s.Image.ToArray()));
        Assert.Equal([["one", "two"], [], ["three"]], samples.Select(s => s.Captions.ToArray()));
        Assert.Equal([null, "cat", null], samples.Select(s => s.Label));
        Assert.Equal(7, samples[0].Facts!.Value.GetProperty("width").GetInt32());
        Assert.All(samples, s => Assert.Null(s.Fault));
    }

    [Fact]
    public void A_text_may_be_one_caption_of_several_lines()
    {
        using var folder = new TemporaryFolder();
        TestData.Tar(folder["a.tar"], ("1.jpg", [1]), ("1.txt", Bytes("one\ntwo")));
        Assert.Equal(["one\ntwo"], DataSource.Open(folder["a.tar"], new SourceOptions(CaptionPerLine: false)).ReadAll().Single().Captions);
    }

    [Fact]
    public void A_sample_without_a_picture_with_two_or_with_broken_json_is_named_and_the_next_is_read()
    {
        using var folder = new TemporaryFolder();
        TestData.Tar(folder["a.tar"], ("1.txt", Bytes("one")), ("2.jpg", [1]), ("2.png", [1]), ("3.jpg", [1]), ("3.json", Bytes("{")), ("4.jpg", [1]));
        var samples = DataSource.Open(folder["a.tar"]).ReadAll().ToArray();
        Assert.Equal(["1", "2", "3", "4"], samples.Select(s => s.Key));
        Assert.Contains("no picture", samples[0].Fault);
        Assert.Contains("two pictures", samples[1].Fault);
        Assert.Contains("json", samples[2].Fault);
        Assert.Null(samples[3].Fault);
    }

    [Fact]
    public void A_compressed_shard_is_read_as_the_plain_one()
    {
        using var folder = new TemporaryFolder();
        folder.Shard("a.tar", 0, 3);
        using (var gzip = new GZipStream(File.Create(folder["b.tar.gz"]), CompressionLevel.Fastest)) gzip.Write(File.ReadAllBytes(folder["a.tar"]));
        Assert.Equal(DataSource.Open(folder["a.tar"]).ReadAll().Select(s => s.Captions[0]), DataSource.Open(folder["b.tar.gz"]).ReadAll().Select(s => s.Captions[0]));
    }

    [Theory]
    [InlineData("{000..003}", "000 001 002 003")]
    [InlineData("{8..11}", "8 9 10 11")]
    [InlineData("{08..11}", "08 09 10 11")]
    [InlineData("{a,b}-{1..2}", "a-1 a-2 b-1 b-2")]
    [InlineData("plain", "plain")]
    public void Braces_are_written_out_as_a_shell_does(string pattern, string expected)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in expected.Split(' ')) folder.Write(name + ".tar");
        Assert.Equal(expected.Split(' '), ShardNames.Expand(folder[pattern] + ".tar").Select(Path.GetFileNameWithoutExtension));
    }

    [Fact]
    public void Patterns_are_looked_up_in_the_order_of_the_names()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "b/train-1.tar", "a/train-2.tar", "a/train-10.tar", "a/val-0.tar" }) folder.Write(name);
        Assert.Equal(["a/train-10.tar", "a/train-2.tar", "b/train-1.tar"], ShardNames.Expand(folder["*/train-*.tar"]).Select(f => Path.GetRelativePath(folder.Path, f)));
    }

    [Fact]
    public void Missing_shards_are_named_before_anything_begins()
    {
        using var folder = new TemporaryFolder();
        folder.Shard("train-001.tar", 0, 1);
        var e = Assert.Throws<DataException>(() => DataSource.Open(folder["train-{000..002}.tar"]));
        Assert.Contains("2 of 3", e.Message);
        Assert.Contains("train-000.tar", e.Message);
        Assert.Contains("train-002.tar", e.Message);
        foreach (var pattern in new[] { "other-*.tar", "nowhere/*.tar", "no*/a/*.tar" })
            Assert.Contains("no file matches", Assert.Throws<DataException>(() => DataSource.Open(folder[pattern])).Message);
    }

    [Theory]
    [InlineData("nothing", "no such file or folder")]
    [InlineData("pipe:aws s3 cp s3://b/a.tar -", "are not run")]
    [InlineData("{1..2.tar", "not closed")]
    [InlineData("{9..2}.tar", "no range")]
    [InlineData("picture.jpg", "does not say what it is")]
    public void A_name_that_is_not_understood_is_refused_with_what_is(string spec, string said)
    {
        using var folder = new TemporaryFolder();
        folder.Write("picture.jpg");
        var e = Assert.Throws<DataException>(() => DataSource.Open(spec.StartsWith("pipe", StringComparison.Ordinal) ? spec : folder[spec]));
        Assert.Contains(said, e.Message);
    }

    [Fact]
    public void A_folder_with_texts_beside_its_pictures_gives_captions()
    {
        using var folder = new TemporaryFolder().Add("b.jpg", "").Add("b.txt", "bee\nagain").Add("a.png", "").Add(".hidden.png", "").Add("sub/c.webp", "").Add("sub/c.txt", "sea");
        var samples = DataSource.Open(folder.Path).ReadAll().ToArray();
        Assert.Equal(["a.png", "b.jpg", "sub/c.webp"], samples.Select(s => s.Key));
        Assert.Equal([[], ["bee", "again"], ["sea"]], samples.Select(s => s.Captions.ToArray()));
        Assert.Equal(folder["b.jpg"], samples[1].ImagePath);
    }

    [Fact]
    public void A_folder_per_class_gives_classes_and_filled_templates()
    {
        using var folder = new TemporaryFolder().Add("fire_truck/1.jpg", "").Add("cat/1.jpg", "").Add("cat/deep/2.jpg", "");
        var source = DataSource.Open(folder.Path, new SourceOptions(Templates: PromptTemplates.Of(["a {}.", "the {}."])));
        Assert.Equal(["cat", "fire_truck"], Assert.IsType<ClassFolder>(source).Classes);
        Assert.Equal(["cat", "cat", "fire_truck"], source.ReadAll().Select(s => s.Label));
        Assert.Equal(["a fire truck.", "the fire truck."], source.ReadAll().Last().Captions);
    }

    [Fact]
    public void A_folder_of_shards_asks_which_of_them()
    {
        using var folder = new TemporaryFolder();
        folder.Shard("train-000.tar", 0, 1);
        Assert.Contains("train-*.tar", Assert.Throws<DataException>(() => DataSource.Open(folder.Path)).Message);
    }

    [Fact]
    public void Joined_sources_are_read_one_after_the_other()
    {
        using var folder = new TemporaryFolder();
        folder.Shard("a.tar", 0, 2);
        folder.Write("t.csv", "image,caption\nx.jpg,ex\ny.jpg,why\n");
        var source = DataSource.Open($"{folder["t.csv"]}::{folder["a.tar"]}");
        Assert.Equal(3, source.PartCount);
        Assert.Equal(["x.jpg", "y.jpg", "s0000", "s0001"], source.ReadAll().Select(s => s.Key));
    }
}
