using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using NClip.Text;

namespace NClip.Benchmarks;

/// <summary>
/// <c>tokenizer FILE...</c>: OpenAI's tokenizer on one thread. FILEs are shards (.tar, their .txt entries) or texts, a caption a line.
/// Every repeat begins with an empty word cache: the warm-up is for the compiler.
/// </summary>
internal static class TokenizerBenchmark
{
    private const int Repeats = 7, WarmUpMilliseconds = 2000;

    public static void Run(string[] files)
    {
        var captions = files.SelectMany(Captions).ToArray();
        if (captions.Length == 0) throw new ArgumentException("no caption was found; name .tar shards with .txt entries, or text files with a caption a line.");

        for (var t = Stopwatch.StartNew(); t.ElapsedMilliseconds < WarmUpMilliseconds;) Encode(WithEmptyCache(), captions);
        var (repeats, tokens, allocated) = (new double[Repeats], 0L, 0L);
        for (var i = 0; i < Repeats; i++)
        {
            var tokenizer = WithEmptyCache();
            GC.Collect();
            var (before, start) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            tokens = Encode(tokenizer, captions);
            repeats[i] = tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Report.Write("fresh captions, OpenAI's tokenizer, 1 thread", "tokens_per_s", repeats, ("captions", captions.Length), ("tokens", tokens), ("allocated_bytes_per_token", (double)allocated / tokens));
    }

    private static ClipTokenizer WithEmptyCache() => new();

    private static long Encode(ClipTokenizer tokenizer, ReadOnlySpan<string> captions)
    {
        var tokens = 0L;
        foreach (var caption in captions) tokens += tokenizer.Encode(caption).Length;
        return tokens;
    }

    private static IEnumerable<string> Captions(string file)
    {
        if (!file.EndsWith(".tar", StringComparison.Ordinal)) return File.ReadLines(file);
        var captions = new List<string>();
        using var tar = new TarReader(File.OpenRead(file));
        while (tar.GetNextEntry() is { } entry)
        {
            if (!entry.Name.EndsWith(".txt", StringComparison.Ordinal) || entry.DataStream is null) continue;
            using var reader = new StreamReader(entry.DataStream, Encoding.UTF8);
            captions.AddRange(reader.ReadToEnd().Split('\n'));
        }
        return captions;
    }
}
