using System.Diagnostics;
using System.Globalization;
using NClip.Images;

namespace NClip.Benchmarks;

/// <summary>File to tensor at 224, one thread, and its parts: decoding, the resize, the fast path for JPEGs. Processor time, so that other programs on the machine count little.</summary>
internal static class PixelsBenchmark
{
    /// <summary>FILE... [--seconds S] [--repeats N]</summary>
    public static void Run(string[] args)
    {
        var (files, seconds, repeats) = (new List<string>(), 1.0, 5);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--seconds") seconds = double.Parse(args[++i], CultureInfo.InvariantCulture);
            else if (args[i] == "--repeats") repeats = int.Parse(args[++i], CultureInfo.InvariantCulture);
            else files.Add(args[i]);
        }
        var spec = PreprocessSpec.OpenAI();
        var tensor = new float[3 * 224 * 224];
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            var decoded = RgbImage.Decode(bytes, file);
            Show("decode", () => RgbImage.Decode(bytes, file));
            var exact = new ImagePipeline(spec);
            Show("resize", () => exact.ProcessToBytes(decoded));
            var fast = new ImagePipeline(spec, options: new ImageOptions(FastJpeg: true));
            Show("file to tensor", () => exact.Process(bytes, tensor));
            Show("file to tensor, FastJpeg", () => fast.Process(bytes, tensor));

            void Show(string work, Action action) => Report.Write(work, "cpu_ms", Repeat(action, seconds, repeats),
                ("file", Path.GetFileName(file)), ("size", $"{decoded.Width}x{decoded.Height}"));
        }
    }

    private static double[] Repeat(Action action, double seconds, int repeats)
    {
        for (var warm = Stopwatch.StartNew(); warm.Elapsed.TotalSeconds < Math.Min(0.5, seconds);) action();
        var r = new double[repeats];
        for (var i = 0; i < repeats; i++)
        {
            var (n, clock, before) = (0, Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            for (; clock.Elapsed.TotalSeconds < seconds; n++) action();
            r[i] = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / n;
        }
        return r;
    }
}
