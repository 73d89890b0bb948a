using NClip.Towers;

namespace NClip.Inference;

/// <summary>
/// A batch of pictures as runs of the image tower. What a layer writes for a few pictures is still in the processor's cache when the next layer reads it;
/// what it writes for a whole batch of a large tower is not.
/// </summary>
internal static class PictureRuns
{
    // One picture alone goes through other kernels, and the last bits of its features would not be those that it has in company.
    private const int Least = 2;

    // Of the largest value that a layer writes (docs/performance.md, "Pictures in one run").
    private const long BytesInCache = 5 << 20;

    // What ClipOptions allows in a batch.
    private const int Most = 1024;

    /// <summary>Pictures of one run, whatever the tower.</summary>
    public const int Few = Least + 1;

    /// <summary>How many pictures a run of this tower takes best.</summary>
    public static int AtATime(ImageTowerSpec tower) => (int)Math.Clamp(BytesInCache / TowerWork.LargestOfImage(tower), Least, Most);

    /// <summary>The runs: where each begins, and its pictures. None goes over the border of a batch, and one picture alone is its own run only where it is a batch.</summary>
    /// <param name="count">Pictures.</param>
    /// <param name="batch">Pictures in a batch.</param>
    /// <param name="atATime">Pictures in a run.</param>
    public static IEnumerable<(int First, int Count)> Of(int count, int batch, int atATime)
    {
        for (var i = 0; i < count;)
        {
            var left = Math.Min(count, ((i / batch) + 1) * batch) - i;
            var run = left <= atATime + 1 ? left : atATime;
            yield return (i, run);
            i += run;
        }
    }
}
