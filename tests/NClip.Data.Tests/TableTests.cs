using NClip.Tests;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace NClip.Data.Tests;

public class TableTests
{
    private static string[] Rows(string path, SourceOptions? options = null) =>
        [.. DataSource.Open(path, options).ReadAll().Select(s => s.Fault ?? $"{s.Key} | {string.Join(" / ", s.Captions)} | {s.Label}")];

    [Theory]
    [InlineData("open_clip.csv", "filepath\ttitle\na.jpg\tone, two\nb.jpg\tthree\n", "a.jpg | one, two | #b.jpg | three | ")]
    [InlineData("quoted.csv", "\uFEFFid,caption,image,label\r\n1,\"a \"\"b\"\",\nc\",a.jpg,x\r\n2,d,b.jpg,\r\n", "a.jpg | a \"b\",\nc | x#b.jpg | d | ")]
    [InlineData("semicolons.csv", "image;caption\na.jpg;one, two", "a.jpg | one, two | ")]
    [InlineData("short.tsv", "image\tcaption\na.jpg\nb.jpg\tone\n\n\tnone\n", "the row has 1 fields; the header has 2#b.jpg | one | #the row names no picture")]
    [InlineData("open.csv", "image,caption\na.jpg,one\nb.jpg,\"two\n", "a.jpg | one | #a quote is not closed before the end of the file")]
    [InlineData("lists.jsonl", "{\"image\": \"a.jpg\", \"captions\": [\"one\", \"two\"], \"class\": 3}\n\nno json\n{\"image\": \"b.jpg\"}\n", "a.jpg | one / two | 3#the line is no JSON object#b.jpg |  | ")]
    public void Tables_are_read_as_their_users_write_them(string name, string text, string expected)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(expected.Split('#'), Rows(folder.Write(name, text)));
    }

    [Fact]
    public async Task Parquet_is_read_over_its_row_groups()
    {
        using var folder = new TemporaryFolder();
        var schema = new ParquetSchema(new DataField<string>("image", nullable: true), new DataField<int>("size", nullable: false), new DataField<string>("text", nullable: true));
        await using (var file = File.Create(folder["t.parquet"]))
        await using (var writer = await ParquetWriter.CreateAsync(schema, file))
            for (var g = 0; g < 2; g++)
            {
                using var group = writer.CreateRowGroup();
                await group.WriteAsync(schema.DataFields[0], [$"{g}.jpg", null!]);
                await group.WriteAsync<int>(schema.DataFields[1], new[] { 1, 2 });
                await group.WriteAsync(schema.DataFields[2], [$"text {g}", "lost"]);
            }
        Assert.Equal(["0.jpg | text 0 | ", "the row names no picture", "1.jpg | text 1 | ", "the row names no picture"], Rows(folder["t.parquet"]));
        Assert.Contains("does not hold strings", Assert.Throws<DataException>(() => Rows(folder["t.parquet"], new SourceOptions(CaptionColumn: "size"))).Message);
    }

    [Fact]
    public async Task Pictures_inside_a_parquet_file_are_refused_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var schema = new ParquetSchema(new StructField("image", new DataField<byte[]>("bytes"), new DataField<string>("path")), new DataField<string>("text", nullable: true));
        await using (var file = File.Create(folder["t.parquet"]))
        await using (await ParquetWriter.CreateAsync(schema, file))
        {
        }
        Assert.Contains("write them into shards", Assert.Throws<DataException>(() => Rows(folder["t.parquet"])).Message);
    }

    [Fact]
    public void Columns_may_be_named_and_paths_start_at_the_table_or_at_a_given_folder()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("t.csv", "a,b,title,kind\nx.jpg,y.jpg,no,yes\n");
        var options = new SourceOptions(ImageColumn: "B", CaptionColumn: "kind", LabelColumn: "a");
        var sample = DataSource.Open(table, options).ReadAll().Single();
        Assert.Equal((folder["y.jpg"], "yes", "x.jpg"), (sample.ImagePath, sample.Captions.Single(), sample.Label));
        Assert.Equal("/other/y.jpg", DataSource.Open(table, options with { ImageRoot = "/other" }).ReadAll().Single().ImagePath);
    }

    [Theory]
    [InlineData("a.csv", "url,caption\nhttp://x,one\n", "not downloaded")]
    [InlineData("b.csv", "image,words\nx,one\n", "looked for title, caption, captions, text")]
    [InlineData("c.csv", "", "empty")]
    [InlineData("d.csv", "image,caption\n", "no rows")]
    [InlineData("e.jsonl", "[1]\n", "no JSON object")]
    [InlineData("f.parquet", "PAR1", "cannot be read")]
    public void A_table_that_cannot_be_used_says_why(string name, string text, string said)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(said, Assert.Throws<DataException>(() => Rows(folder.Write(name, text))).Message);
    }

    [Fact]
    public void A_folder_with_a_metadata_table_is_that_table()
    {
        using var folder = new TemporaryFolder().Add("1.jpg", "").Add("metadata.jsonl", """{"file_name": "1.jpg", "text": "one"}""");
        Assert.Equal(["1.jpg | one | "], Rows(folder.Path));
    }
}
