using System.Globalization;

namespace NClip.Cli.Embedding;

/// <summary>Which shard a call is to make: what it says itself, else what the scheduler that started it says.</summary>
internal static class ShardNumber
{
    private const string Kubernetes = "JOB_COMPLETION_INDEX", Slurm = "SLURM_ARRAY_TASK_ID", Count = "SLURM_ARRAY_TASK_COUNT", Least = "SLURM_ARRAY_TASK_MIN", Step = "SLURM_ARRAY_TASK_STEP";

    /// <summary>The number, from 0 on.</summary>
    /// <param name="given">--shard, as I/N or I; null where the call has none.</param>
    /// <param name="shards">How many the manifest has.</param>
    /// <param name="variable">The environment.</param>
    /// <exception cref="UsageException">Nothing says which, two say it, or it is none of the manifest's.</exception>
    public static int Of(string? given, int shards, Func<string, string?> variable)
        => given is not null ? Given(given, shards)
        : (variable(Kubernetes), variable(Slurm)) switch
        {
            ({ Length: > 0 }, { Length: > 0 }) => throw new UsageException($"{Kubernetes} and {Slurm} are both there, and each would name a shard. Say which with --shard."),
            ({ Length: > 0 } index, _) => Within(Number(Kubernetes, index), shards, $"{Kubernetes} is {index}", Invariant($"Let the job have {shards} completions.")),
            (_, { Length: > 0 } task) => Within(Task(Number(Slurm, task), shards, variable), shards, $"{Slurm} is {task}", $"Submit it with {Array(shards)}."),
            _ => throw new UsageException(Invariant($"which shard is to be made? Give --shard I/N (0/{shards} to {shards - 1}/{shards}), or start the call as a Kubernetes Indexed Job ({Kubernetes}) or a Slurm array ({Slurm}).")),
        };

    private static int Given(string given, int shards)
    {
        var parts = given.Split('/');
        if (parts.Length > 2 || Parsed(parts[0]) is not { } shard || (parts.Length == 2 && Parsed(parts[1]) is null)) throw new UsageException(Invariant($"--shard is '{given}'; it must be I/N or I, with numbers from 0 on, as in 0/{shards}."));
        if (parts.Length == 2 && Parsed(parts[1]) != shards) throw new UsageException(Invariant($"--shard {given} counts {parts[1]} shards, and the manifest has {shards}. Give I/{shards}, or make a manifest with --shards {parts[1]}."));
        return Within(shard, shards, $"--shard is {given}", Invariant($"Give 0/{shards} to {shards - 1}/{shards}."));
    }

    // An array may begin at another number than 0. A part of one that is submitted again has another count: its numbers would mean other shards.
    private static int Task(int task, int shards, Func<string, string?> variable)
    {
        if (variable(Count) is { Length: > 0 } count && Number(Count, count) != shards)
            throw new UsageException(Invariant($"{Count} is {count}, and the manifest has {shards} shards. Submit it with {Array(shards)}; where only some of them are to be made, add --shard ${Slurm} to the call."));
        var (least, step) = (Number(Least, variable(Least) is { Length: > 0 } l ? l : "0"), Math.Max(1, Number(Step, variable(Step) is { Length: > 0 } s ? s : "1")));
        return (task - least) % step == 0 ? (task - least) / step : throw new UsageException(Invariant($"{Slurm} is {task}, which {Least} {least} and {Step} {step} do not lead to. Say which shard with --shard."));
    }

    private static int Within(int shard, int shards, string found, string instead)
        => shard >= 0 && shard < shards ? shard : throw new UsageException(Invariant($"{found}, and the manifest has {shards} shards, whose numbers are 0 to {shards - 1}. {instead}"));

    private static string Array(int shards) => Invariant($"--array=0-{shards - 1}");

    private static int Number(string name, string value) => Parsed(value) ?? throw new UsageException($"{name} is '{value}'; it must be a whole number from 0 on.");

    private static int? Parsed(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
