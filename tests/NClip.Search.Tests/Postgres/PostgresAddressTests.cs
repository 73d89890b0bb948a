using NClip.Search.Store.Postgres;
using Xunit;

namespace NClip.Search.Tests.Postgres;

public sealed class PostgresAddressTests
{
    [Theory]
    [InlineData("Host=db1;Database=photos;Username=me;Password=secret", "postgresql://db1:5432/photos")]
    [InlineData("database=photos; server=db1;port=99;Search Path=a", "postgresql://db1:99/photos?search_path=a")]
    [InlineData("postgresql://me:sec%3Aret@db1:6000/my%20photos?sslmode=require", "postgresql://db1:6000/my photos")]
    [InlineData("POSTGRES://db1/photos", "postgresql://db1:5432/photos")]
    public void A_connection_string_is_recognised_and_its_name_has_no_password(string where, string name)
    {
        Assert.True(PostgresAddress.Is(where));
        Assert.Equal(name, PostgresAddress.Of(where).Name);
        Assert.Equal(name, Gallery.Shown(where));
        Assert.Null(Gallery.Folder(where));
    }

    [Theory, InlineData("gallery.nclip"), InlineData("/photos/Hostel=1"), InlineData("C:\\photos;old"), InlineData("postgres"), InlineData("")]
    public void Anything_else_is_a_folder(string where) => Assert.False(PostgresAddress.Is(where));

    [Theory, InlineData("Host=db1;Password=secret;Colour=red"), InlineData("postgresql://me:secret@db1:port/x"), InlineData("Host=db1;Port=secret"), InlineData("postgres://me:secret@db1/x?colour=red")]
    public void One_that_is_not_understood_is_refused_and_not_repeated(string where)
    {
        var e = Assert.Throws<SearchException>(() => Gallery.Open(where));
        Assert.Contains("the connection string of this gallery is not understood", e.Message);
        Assert.DoesNotContain("secret", e.ToString());
    }

    [Fact]
    public void A_server_that_is_not_there_is_named_without_the_password()
    {
        var e = Assert.Throws<SearchException>(() => Gallery.Open("Host=127.0.0.1;Port=1;Database=x;Username=me;Password=secret"));
        Assert.StartsWith("postgresql://127.0.0.1:1/x: the server 127.0.0.1:1 cannot be reached", e.Message);
        Assert.DoesNotContain("secret", e.ToString());
    }

    [Fact]
    public void Vectors_come_back_as_they_were_sent()
    {
        float[] vector = [1, -0.5f, 3.25f, 1e-3f];
        foreach (var (storage, bytes) in ((VectorStorage, int)[])[(VectorStorage.Float32, 20), (VectorStorage.Float16, 12)])
        {
            var sent = PostgresVectors.Bytes(vector, storage);
            var back = new float[4];
            PostgresVectors.Read(sent, storage, back);
            Assert.Equal(bytes, sent.Length);
            Assert.All(back.Zip(vector), p => Assert.Equal(p.Second, p.First, storage == VectorStorage.Float32 ? 0f : 1e-6f));
        }
        Assert.Equal("[1,-0.5,3.25,0.001]", PostgresVectors.Text(vector));
    }
}
