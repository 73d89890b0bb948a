using System.Numerics.Tensors;
using NClip.Foundation;

namespace NClip;

/// <summary>One of the rows that a row was compared with.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Score">The dot product: of unit rows, the cosine.</param>
public readonly record struct RowMatch(int Index, float Score);

/// <content>Products: each value is the dot product of two rows, whatever the number of threads.</content>
public sealed partial class Matrix
{
    private const int Tile = 512; // rows of the other matrix that a thread goes through before the next row of this one: 1 MB of ViT-B/32's features
    private const int Small = 1 << 20; // multiplications that are not worth a second thread

    /// <summary>This matrix [N, D] times the transpose of <paramref name="other"/> [M, D]: [N, M] of dot products, times <paramref name="scale"/>.</summary>
    /// <exception cref="ArgumentException">The columns differ, or N x M is more than a matrix holds; <see cref="Best"/> needs no product.</exception>
    public Matrix TimesTransposed(Matrix other, float scale = 1, CancellationToken cancellationToken = default)
    {
        CheckColumns(other);
        if ((long)Rows * other.Rows > Array.MaxLength)
            throw new ArgumentException($"the product of {Rows} and {other.Rows} rows has {(long)Rows * other.Rows} values; a matrix holds at most {Array.MaxLength}. Multiply fewer rows at a time, or take each row's best matches with {nameof(Matrix)}.{nameof(Best)}.");
        var r = new float[Rows * other.Rows];
        var tiles = (other.Rows + Tile - 1) / Tile;
        Each((long)Rows * tiles, Multiplications(other), t =>
        {
            var (tile, i) = ((int)(t / Rows), (int)(t % Rows));
            var end = Math.Min(other.Rows, (tile + 1) * Tile);
            for (var j = tile * Tile; j < end; j++) r[(i * other.Rows) + j] = scale * TensorPrimitives.Dot(Row(i), other.Row(j));
        }, cancellationToken);
        return new Matrix(Rows, other.Rows, r);
    }

    /// <summary>For each row [D] the rows of <paramref name="other"/> [M, D] with the greatest dot products, best first; equal ones in the order of their rows. The product [N, M] is never held.</summary>
    /// <param name="other">What to look in. Unit rows on both sides give cosines.</param>
    /// <param name="count">How many for each row; fewer where there are fewer.</param>
    /// <param name="cancellationToken">Heard between rows.</param>
    /// <exception cref="ArgumentException">The columns differ, or the count is not 1 or more.</exception>
    public IReadOnlyList<IReadOnlyList<RowMatch>> Best(Matrix other, int count, CancellationToken cancellationToken = default)
    {
        CheckColumns(other);
        if (count < 1) throw new ArgumentException($"the best {count} are asked for; it must be 1 or more.");
        var r = new RowMatch[Rows][];
        Each(Rows, Multiplications(other), i => r[i] = BestOf(Row((int)i), other, Math.Min(count, other.Rows)), cancellationToken);
        return r;
    }

    private static RowMatch[] BestOf(ReadOnlySpan<float> row, Matrix other, int count)
    {
        if (count == 0) return [];
        var best = new PriorityQueue<int, (float Score, int Before)>(count); // the worst of the best comes out first
        for (var j = 0; j < other.Rows; j++)
        {
            var score = TensorPrimitives.Dot(row, other.Row(j));
            if (best.Count < count) best.Enqueue(j, (score, -j));
            else best.EnqueueDequeue(j, (score, -j));
        }
        var r = new RowMatch[count];
        for (var k = count - 1; best.TryDequeue(out var j, out var rank); k--) r[k] = new(j, rank.Score);
        return r;
    }

    private static void Each(long count, double multiplications, Action<long> work, CancellationToken cancellationToken)
    {
        if (multiplications > Small)
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken }, work);
            return;
        }
        cancellationToken.ThrowIfCancellationRequested();
        for (var i = 0L; i < count; i++) work(i);
    }

    private double Multiplications(Matrix other) => (double)Rows * other.Rows * Columns;

    private void CheckColumns(Matrix other)
    {
        if (Given.One(other, "other matrix").Columns != Columns) throw new ArgumentException($"the rows have {Columns} and {other.Columns} columns; features of one model have the same.");
    }
}
