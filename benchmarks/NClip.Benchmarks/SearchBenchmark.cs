using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Search;
using NClip.Search.Store;
using NClip.Search.Vectors;

namespace NClip.Benchmarks;

/// <summary>
/// <c>search GALLERY [ROWS [QUERIES.safetensors]]</c>: a gallery of ROWS unit vectors of 512 values (default 1,000,000; made where it is not there, 2.6 GB), and the best ten of them: by all values,
/// by all codes, for one and eight queries, beside the speed at which this machine reads memory; and by the graph, with its recall against all.
/// Queries are those of a file (<c>nclip embed texts --normalize</c>: sentences lie apart from pictures, and are harder for a graph), or like the vectors made here. Those lie around 2,000 centres in 64 dimensions, as features do (the distribution of the peers' faiss benchmark).
/// </summary>
internal static class SearchBenchmark
{
    private const int Dimension = 512, Hidden = 64, Centres = 2000, Top = 10, Repeats = 7, Near = 500, Batch = 20_000;

    public static void Run(string[] args)
    {
        var (gallery, rows) = (args[0], args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000);
        if (!Gallery.Exists(gallery)) Make(gallery, rows);
        using var database = Database.Open(gallery);
        var (generation, model) = Segments.Active(database)!.Value;
        var segments = Segments.Of(database, generation, model.Dimension).Select(s => new SegmentRows(SegmentReader.Open(Segments.Folder(gallery), s.Layout), s.Rows, null)).ToArray();
        var cores = Environment.ProcessorCount;
        var bandwidth = Bandwidth(cores);
        var queries = args.Length > 2 ? Read(args[2], model.Dimension) : new Matrix(Near, Dimension, Vectors(new Random(2), Near));
        foreach (var (what, codes, count) in ((string, bool, int)[])[("float32", false, 1), ("float32", false, 8), ("int8, then float32", true, 1), ("int8, then float32", true, 8)])
        {
            var some = new Matrix(count, queries.Columns, queries.Values[..(count * queries.Columns)].ToArray());
            var bytes = segments.Sum(s => (long)s.Rows * (codes ? s.Reader.Layout.CodeStride + 16 : s.Reader.Layout.VectorStride));
            var seconds = Timed(() => Scan(segments, some, codes, rows));
            Report.Write($"the best {Top} of all: {what}", "ms", [.. seconds.Select(s => 1000 * s)], ("rows", rows), ("queries", count), ("threads", cores), ("gb_per_s", bytes / 1e9 / seconds.Min()), ("of_memory", bytes / 1e9 / seconds.Min() / bandwidth));
        }
        foreach (var s in segments) s.Reader.Dispose();
        ByGraph(gallery, rows, queries);
    }

    private static Matrix Read(string path, int dimension)
    {
        using var file = StateDict.Open(path);
        var values = file.Tensors.Values.Single(t => t.Type == TensorType.Float32).ToFloat32();
        return new Matrix(values.Length / dimension, dimension, values);
    }

    private static RowHit[][] Scan(SegmentRows[] segments, Matrix queries, bool codes, int rows)
    {
        var scan = new ExactScan(segments, new ScanQueries(queries, segments[0].Reader.Layout), default);
        return codes ? scan.ByCodes(Top, rows) : scan.ByValues(Top);
    }

    // The same calls as `nclip search`, facts of the answers included.
    private static void ByGraph(string gallery, int rows, Matrix queries)
    {
        var start = Stopwatch.GetTimestamp();
        using (var writer = new EmbeddedWriter(gallery)) writer.Connect(true, default);
        var build = Stopwatch.GetElapsedTime(start).TotalSeconds;
        using var store = Gallery.Open(gallery);
        Matrix One(int q) => new(1, queries.Columns, queries.Row(q).ToArray());
        var exact = Enumerable.Range(0, queries.Rows).Chunk(50).SelectMany(c => store.Search(new Matrix(c.Length, queries.Columns, [.. c.SelectMany(q => queries.Row(q).ToArray())]), Top, exact: true)).ToArray();
        var right = Enumerable.Range(0, queries.Rows).Sum(q => store.Search(One(q), Top)[0].Select(m => m.File).Intersect(exact[q].Select(m => m.File)).Count());
        var (near, all) = (Timed(() => Each(q => store.Search(One(q), Top), queries.Rows)), Timed(() => Each(q => store.Search(One(q), Top, exact: true), 20)));
        Report.Write($"the best {Top} by the graph, a query at a time", "queries_per_s", [.. near.Select(s => queries.Rows / s)], ("rows", rows), ("recall", right / (double)(Top * queries.Rows)), ("build_s_0_where_it_was_there", build), ("times_the_scan", (queries.Rows / near.Min()) / (20 / all.Min())));
    }

    private static int Each(Func<int, object> search, int count)
    {
        for (var q = 0; q < count; q++) search(q);
        return count;
    }

    private static double[] Timed(Func<object> work)
    {
        work();
        return [.. Enumerable.Range(0, Repeats).Select(_ => { var t = Stopwatch.GetTimestamp(); work(); return Stopwatch.GetElapsedTime(t).TotalSeconds; })];
    }

    // Reads 2 GB with vector loads on every core, as often as a scan is repeated; the best.
    private static unsafe double Bandwidth(int cores)
    {
        const long each = 1L << 30;
        var (blocks, sums) = (new nint[cores], new float[cores]);
        for (var i = 0; i < cores; i++)
        {
            blocks[i] = (nint)NativeMemory.Alloc((nuint)each);
            new Span<byte>((void*)blocks[i], int.MaxValue > each ? (int)each : int.MaxValue).Fill(1);
        }
        var seconds = Timed(() =>
        {
            Parallel.For(0, cores, new ParallelOptions { MaxDegreeOfParallelism = cores }, i =>
            {
                Vector<float>* p = (Vector<float>*)blocks[i], end = (Vector<float>*)(blocks[i] + (nint)each);
                var (a, b, c, d) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
                for (; p < end; p += 4) (a, b, c, d) = (a + p[0], b + p[1], c + p[2], d + p[3]);
                sums[i] = Vector.Sum(a + b + c + d);
            });
            return sums;
        });
        foreach (var b in blocks) NativeMemory.Free((void*)b);
        var gigabytes = cores * each / 1e9;
        Report.Write("reading memory", "gb_per_s", [.. seconds.Select(s => gigabytes / s)], ("threads", cores));
        return gigabytes / seconds.Min();
    }

    private static void Make(string gallery, int rows)
    {
        var (random, start) = (new Random(1), Stopwatch.GetTimestamp());
        using (var writer = new EmbeddedWriter(gallery))
        {
            writer.SetModel(new GalleryModel(null, "random vectors", "random", Dimension));
            for (var first = 0; first < rows; first += Batch)
            {
                var (count, changes) = (Math.Min(Batch, rows - first), new GalleryChanges());
                var values = Vectors(random, count);
                for (var i = 0; i < count; i++)
                {
                    changes.Contents.Add(new NewContent((UInt128)(first + i + 1), values.AsSpan(i * Dimension, Dimension).ToArray(), new PictureFacts()));
                    changes.Files.Add(new StoredFile(string.Create(CultureInfo.InvariantCulture, $"/photos/{first + i:0000000}.jpg"), 1, 1, (UInt128)(first + i + 1), null));
                }
                writer.Commit(changes);
            }
        }
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Report.Write("making the gallery, vectors and facts", "rows_per_s", [rows / seconds], ("rows", rows));
    }

    private static float[] Vectors(Random random, int count)
    {
        var fixedOnes = new Random(0);
        var centres = Normal(fixedOnes, Centres * Hidden);
        var spread = Normal(fixedOnes, Hidden * Dimension);
        var which = Enumerable.Range(0, count).Select(_ => random.Next(Centres)).ToArray();
        var noise = Normal(random, count * Hidden);
        var values = new float[count * Dimension];
        Parallel.For(0, count, i =>
        {
            var v = values.AsSpan(i * Dimension, Dimension);
            for (var k = 0; k < Hidden; k++)
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(spread.AsSpan(k * Dimension, Dimension), centres[(which[i] * Hidden) + k] + (0.6f * noise[(i * Hidden) + k]), v, v);
            System.Numerics.Tensors.TensorPrimitives.Divide(v, System.Numerics.Tensors.TensorPrimitives.Norm(v), v);
        });
        return values;
    }

    private static float[] Normal(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }
}
