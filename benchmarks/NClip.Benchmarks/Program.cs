using NClip.Benchmarks;

// One subcommand a benchmark; each does one piece of work on data that its caller names, repeats it, and prints one JSON line
// (median and every repeat), like the peers that it is run beside.
var benchmarks = new Dictionary<string, Action<string[]>>(StringComparer.Ordinal)
{
    ["pixels"] = PixelsBenchmark.Run,
    ["tokenizer"] = TokenizerBenchmark.Run,
    ["path"] = PathBenchmark.Run,
    ["search"] = SearchBenchmark.Run,
    ["probe"] = ProbeBenchmark.Run,
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"usage: NClip.Benchmarks {string.Join('|', benchmarks.Keys)} ARGUMENTS...");
    return 2;
}
run(args[1..]);
return 0;
