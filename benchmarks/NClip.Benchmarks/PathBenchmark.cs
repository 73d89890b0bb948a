using System.Diagnostics;

namespace NClip.Benchmarks;

/// <summary>
/// <c>path MODEL FOLDER [--repeats N]</c>: a folder of photos to vectors, on all cores, and its two stages alone: files to tensors, tensors to vectors.
/// The stages take turns with the whole, so that each repeat sees the same machine.
/// </summary>
internal static class PathBenchmark
{
    private const int Group = 64; // photos whose tensors are in memory at once

    public static void Run(string[] args)
    {
        var repeats = args.Length > 3 && args[2] == "--repeats" ? int.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture) : 3;
        string[] files = [.. Directory.EnumerateFiles(args[1]).Order(StringComparer.Ordinal)];
        using var clip = Clip.Open(args[0]);
        var groups = files.Chunk(Group).ToArray();
        var tensors = clip.Preprocess(groups[0]);
        clip.EncodeImage(tensors); // makes the session

        var (decode, tower, whole, share) = (new double[repeats], new double[repeats], new double[repeats], new double[repeats]);
        for (var i = 0; i < repeats; i++)
        {
            decode[i] = files.Length / Seconds(() => Array.ForEach(groups, g => clip.Preprocess(g)));
            tower[i] = groups.Length * tensors.Count / Seconds(() => Array.ForEach(groups, _ => clip.EncodeImage(tensors)));
            whole[i] = files.Length / Seconds(() => Drain(clip, files).GetAwaiter().GetResult());
            share[i] = whole[i] / Math.Min(decode[i], tower[i]);
        }
        foreach (var (work, rates) in new[] { ("files to tensors alone", decode), ("tower alone", tower), ("whole path", whole) })
            Report.Write(work, "images_per_s", rates, ("photos", files.Length));
        Report.Write("whole path of the slower stage alone", "share", share);
    }

    private static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    private static async Task Drain(Clip clip, string[] files)
    {
        await foreach (var one in clip.EncodeImagesAsync(files).ConfigureAwait(false))
            if (one.Error is { } e) throw new InvalidOperationException($"{one.File}: {e.Message}", e);
    }
}
