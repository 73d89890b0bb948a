using System.Numerics.Tensors;
using NClip.Search.Groups;
using NClip.Search.Store;
using NClip.Search.Tests.Store;
using Xunit;

namespace NClip.Search.Tests.Groups;

public sealed class GroupsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Rows around some directions, n % kinds says which.
    private static Matrix Kinds(int rows, int kinds, int dimension = 40, float own = 0.4f)
        => new Matrix(rows, dimension, [.. Enumerable.Range(0, rows).SelectMany(n => TinyGallery.Vector(n, dimension).Zip(TinyGallery.Vector(-1 - (n % kinds), dimension), (a, b) => (own * a) + b))]).Normalized();

    [Fact]
    public void All_near_pairs_are_found_and_no_other()
    {
        var vectors = Kinds(700, 30);
        var near = NearPairs.Of(vectors, 0.9f, Stop);
        var pairs = 0;
        for (var a = 0; a < vectors.Rows; a++)
        {
            var wanted = Enumerable.Range(0, vectors.Rows).Where(b => b != a && Math.Abs(TensorPrimitives.Dot(vectors.Row(a), vectors.Row(b)) - 0.9f) > 1e-5).Where(b => TensorPrimitives.Dot(vectors.Row(a), vectors.Row(b)) > 0.9f).ToArray();
            Assert.Equal(wanted, near[a].Where(n => Math.Abs(n.Score - 0.9f) > 1e-5).Select(n => n.Row));
            pairs += wanted.Length;
        }
        Assert.True(pairs > 1000);
    }

    [Fact]
    public void The_one_to_keep_has_most_pixels_then_its_date_then_most_bytes_then_the_shortest_path()
    {
        static StoredPicture Picture(string path, int row, int width = 10, bool dated = false, long size = 5) => new(path, size, new PictureFacts(width, 10, dated ? new DateTime(2020, 1, 1) : null), row);
        var vectors = new Matrix(6, 2, [1, 0, 0.999f, 0.0447f, 0.99f, 0.141f, 0, 1, 0, 1, -1, 0]);
        var groups = NearDuplicates.Of(new GalleryContents([Picture("/a", 0), Picture("/b", 1, width: 20), Picture("/c", 2, dated: true), Picture("/dd", 3), Picture("/d", 3), Picture("/e", 4, size: 9), Picture("/f", 5)], vectors), 0.985f, Stop);
        Assert.Equal([("/b", "most pixels", 2), ("/e", "largest file", 2)], groups.Select(g => (g.Keep, g.Reason, g.Others.Count)));
        Assert.Equal(["/a", "/c"], groups[0].Others.Select(o => o.File));
        Assert.DoesNotContain(groups[1].Others, o => o.IsCopy); // the same vector of another file is no copy
    }

    [Fact]
    public void Clusters_are_the_kinds()
    {
        var (middles, of) = SphericalKMeans.Fit(Kinds(300, 6), 6, Stop);
        Assert.Equal(6, middles.Rows);
        Assert.Equal(6, Enumerable.Range(0, 300).Select(n => (n % 6, of[n])).Distinct().Count());
    }

    [Fact]
    public void More_clusters_than_rows_are_as_many_as_rows()
    {
        var (middles, of) = SphericalKMeans.Fit(Kinds(3, 3), 10, Stop);
        Assert.Equal((3, 3), (middles.Rows, of.Distinct().Count()));
    }

    [Fact]
    public void On_a_map_most_neighbours_are_of_the_same_kind_and_each_cell_has_one()
    {
        var cells = CellGrid.Place(NeighbourMap.Of(Kinds(240, 6), Stop), CellGrid.Columns(240));
        Assert.Equal(240, cells.Distinct().Count());
        var at = cells.Index().ToDictionary(c => c.Item, c => c.Index % 6);
        var beside = at.Where(c => at.ContainsKey((c.Key.Item1 + 1, c.Key.Item2))).Average(c => at[(c.Key.Item1 + 1, c.Key.Item2)] == c.Value ? 1.0 : 0);
        Assert.True(beside > 0.6, $"{beside:P0} of neighbours are of one kind"); // by chance a sixth
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Maps_of_few_pictures_have_them_all(int count) => Assert.Equal(count, CellGrid.Place(NeighbourMap.Of(Kinds(count, 1), Stop), CellGrid.Columns(count)).Distinct().Count());
}
