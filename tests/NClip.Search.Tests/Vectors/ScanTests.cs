using NClip.Search.Tests.Store;
using NClip.Search.Vectors;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Vectors;

public sealed unsafe class ScanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<SegmentReader> _open = [];

    public void Dispose()
    {
        foreach (var r in _open) r.Dispose();
        _folder.Dispose();
    }

    [Theory, InlineData(1, 37), InlineData(2, 37), InlineData(3, 3), InlineData(4, 1), InlineData(5, 2), InlineData(8, 37), InlineData(13, 64), InlineData(1, 1)]
    public void Quick_products_are_those_of_the_plain_loops(int n, int count)
    {
        const int stride = 192;
        var random = new Random(n);
        var (rows, queries) = (new float[count * stride], new float[n * stride]);
        var (codes, whole) = (new sbyte[count * stride], new short[n * stride]);
        for (var i = 0; i < rows.Length; i++) (rows[i], codes[i]) = ((float)random.NextDouble() - 0.5f, (sbyte)random.Next(-127, 128));
        for (var i = 0; i < queries.Length; i++) (queries[i], whole[i]) = ((float)random.NextDouble() - 0.5f, (short)random.Next(-2047, 2048));
        var (quick, plain) = (new float[count * n], new float[count * n]);
        var (quickSums, plainSums) = (new int[count * n], new int[count * n]);
        fixed (float* r = rows, q = queries, a = quick, b = plain)
        fixed (sbyte* c = codes)
        fixed (short* w = whole)
        fixed (int* x = quickSums, y = plainSums)
        {
            DotKernels.Values(r, stride, count, q, n, a);
            DotKernels.Values(r, stride, count, q, n, b, DotKernels.Form.Plain);
            DotKernels.Codes(c, stride, count, w, n, x);
            DotKernels.Codes(c, stride, count, w, n, y, DotKernels.Form.Plain);
        }
        Assert.Equal(plainSums, quickSums);
        for (var i = 0; i < plain.Length; i++) Assert.Equal(plain[i], quick[i], 1e-5f);
    }

    [Fact]
    public void Whole_numbers_do_not_overflow_at_their_largest()
    {
        const int stride = 8192;
        var (codes, whole) = (new sbyte[stride], new short[stride]);
        codes.AsSpan().Fill(-127);
        whole.AsSpan().Fill(2047);
        int quick, plain;
        fixed (sbyte* c = codes)
        fixed (short* w = whole)
        {
            DotKernels.Codes(c, stride, 1, w, 1, &quick);
            DotKernels.Codes(c, stride, 1, w, 1, &plain, DotKernels.Form.Plain);
        }
        Assert.Equal((-127 * 2047 * stride, plain), (plain, quick));
    }

    [Theory, InlineData(VectorStorage.Float32), InlineData(VectorStorage.Float16), InlineData(VectorStorage.Int8)]
    public void The_pass_over_codes_gives_the_order_of_the_vectors_for_the_best_hundred(VectorStorage storage)
    {
        var segments = Segments(9000, 96, storage);
        var queries = new Matrix(40, 96, [.. Enumerable.Range(0, 40).SelectMany(i => Clustered(1_000_000 + i, 96))]);
        var answers = ExactScan.Best(segments, queries, 100, TestContext.Current.CancellationToken);
        var vector = new float[96];
        for (var q = 0; q < queries.Rows; q++)
        {
            var all = new List<RowHit>();
            foreach (var s in segments)
                for (var r = 0; r < s.Rows; r++)
                {
                    s.Reader.Vector(r, vector);
                    all.Add(new RowHit(System.Numerics.Tensors.TensorPrimitives.Dot(queries.Row(q), vector), s.Reader.Layout.Id, r));
                }
            all.Sort();
            Assert.Equal(all[..100], answers[q]);
        }
    }

    [Fact]
    public void Both_passes_give_the_same_and_leave_out_what_the_mask_does()
    {
        var segments = Segments(5000, 64, VectorStorage.Float32).Select((s, i) => s with { Mask = Every(s.Rows, 3 + i) }).ToArray();
        var queries = new Matrix(3, 64, [.. Enumerable.Range(0, 3).SelectMany(i => Clustered(77 + i, 64))]);
        var scan = new ExactScan(segments, new ScanQueries(queries, segments[0].Reader.Layout), TestContext.Current.CancellationToken);
        var (codes, values) = (scan.ByCodes(50, segments.Sum(s => s.Count)), scan.ByValues(50));
        Assert.Equal(values, codes);
        Assert.All(codes.SelectMany(c => c), h => Assert.True(segments.Single(s => s.Reader.Layout.Id == h.Segment).Mask![h.Row]));
        Assert.Equal(segments.Sum(s => s.Count), scan.ByCodes(segments.Sum(s => s.Count), segments.Sum(s => s.Count))[0].Length);
    }

    [Fact]
    public void A_row_that_is_not_what_was_written_is_named_and_not_an_answer()
    {
        var segments = Segments(100, 64, VectorStorage.Float32);
        var (path, layout) = (Path.Combine(_folder.Path, segments[0].Reader.Layout.FileName), segments[0].Reader.Layout);
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)) RandomAccess.Write(file, [0x40], layout.Vectors + (7 * layout.VectorStride) + 3);
        var e = Assert.Throws<SearchException>(() => ExactScan.Best(segments, new Matrix(1, 64, Clustered(7, 64)), 100, default));
        Assert.Contains("row 7 ", e.Message);
    }

    private static RowMask Every(int rows, int step)
    {
        var mask = RowMask.None(rows);
        for (var r = 0; r < rows; r += step) mask.Add(r);
        return mask;
    }

    // Vectors as towers give them: around a few directions.
    private static float[] Clustered(int n, int dimension)
    {
        var (own, middle) = (TinyGallery.Vector(n, dimension), TinyGallery.Vector(-1 - (n % 20), dimension));
        return new Matrix(1, dimension, [.. own.Zip(middle, (a, b) => (0.6f * a) + b)]).Normalized().ToArray();
    }

    private SegmentRows[] Segments(int rows, int dimension, VectorStorage storage)
    {
        var segments = new List<SegmentRows>();
        for (var (first, id) = (0, 1); first < rows; first += 4000, id++)
        {
            var layout = new SegmentLayout(id, dimension, 4000, storage);
            var count = Math.Min(4000, rows - first);
            using (var writer = SegmentWriter.Create(_folder.Path, layout))
                writer.Append([.. Enumerable.Range(first, count).Select(n => (ReadOnlyMemory<float>)Clustered(n, dimension))]);
            _open.Add(SegmentReader.Open(_folder.Path, layout));
            segments.Add(new SegmentRows(_open[^1], count, null));
        }
        return [.. segments];
    }
}
