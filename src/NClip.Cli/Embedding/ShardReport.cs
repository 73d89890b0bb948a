using System.Text.Json;
using NClip.Cli.Output;
using NClip.Search;

namespace NClip.Cli.Embedding;

/// <summary>What a folder of shards has, beside what its manifest wants.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="States">Each shard.</param>
/// <param name="Foreign">Files of other manifests.</param>
/// <param name="Changed">Pictures that are others now; null where their folder is not there, so that none were looked at.</param>
internal sealed record ShardReport(EmbeddingManifest Manifest, IReadOnlyList<ShardState> States, IReadOnlyList<string> Foreign, IReadOnlyList<FailedFile>? Changed)
{
    /// <summary>Looks at shards and pictures.</summary>
    public static ShardReport Of(EmbeddingManifest manifest, EmbeddingShards shards, bool content, IProgress<int> progress, CancellationToken stop)
    {
        ShardState[] states = [.. Enumerable.Range(0, manifest.Shards).Select(s => shards.Look(s, stop))];
        return new(manifest, states, shards.Foreign(), Directory.Exists(manifest.Root) ? shards.Changed(states, content, progress, stop) : null);
    }

    private string[] Models => [.. States.Select(s => s.Model).OfType<string>().Distinct()];

    /// <summary>Says it: a line, or a JSON object, and each fault on standard error.</summary>
    /// <returns>The exit code.</returns>
    public int Write(Terminal terminal, string name, bool json)
    {
        var failures = new Failures(terminal);
        if (json) terminal.WriteJson(Json);
        else terminal.Out.WriteLine(FormattableString.Invariant($"{Plain.Text(name)}: {States.Count(s => s.Condition == ShardCondition.Whole)} of {Manifest.Shards} shards; of {Manifest.Samples.Count} pictures {States.Sum(s => s.Rows)} rows, {States.Sum(s => s.Quarantined.Count)} in quarantine"));
        terminal.Out.Flush();
        foreach (var s in States.Where(s => s.Condition != ShardCondition.Whole))
            failures.Add(FormattableString.Invariant($"shard {s.Shard}/{Manifest.Shards} is {Word(s.Condition)}{(s.Reason is { } why ? $": {why}" : "")}. Make it with nclip embed images --shards {name} --shard {s.Shard}/{Manifest.Shards}."));
        foreach (var f in Foreign) failures.Add($"{f}: this is a shard of another manifest. Remove it, or verify it with its own.");
        if (Models is { Length: > 1 } models) failures.Add($"the shards are of {models.Length} models ({string.Join("; ", models)}). Make all with one.");
        foreach (var c in Changed ?? []) failures.Add($"{c.File}: {c.Reason}");
        if (Changed is null) terminal.Note($"{Manifest.Root} is not there, so the pictures were not looked at. Say with --root where they are.");
        return failures.Code;
    }

    private void Json(Utf8JsonWriter w)
    {
        w.WriteNumber("samples", Manifest.Samples.Count);
        w.WriteNumber("shards", Manifest.Shards);
        w.WriteNumber("rows", States.Sum(s => s.Rows));
        w.WriteNumber("quarantined", States.Sum(s => s.Quarantined.Count));
        foreach (var condition in (ShardCondition[])[ShardCondition.Missing, ShardCondition.Damaged, ShardCondition.Foreign])
        {
            w.WriteStartArray(condition == ShardCondition.Foreign ? "misplaced" : Word(condition));
            foreach (var s in States.Where(s => s.Condition == condition)) w.WriteNumberValue(s.Shard);
            w.WriteEndArray();
        }
        Names("foreign", Foreign);
        Names("changed", Changed?.Select(c => c.File));
        Names("models", Models);

        void Names(string member, IEnumerable<string>? names)
        {
            if (names is null) { w.WriteNull(member); return; }
            w.WriteStartArray(member);
            foreach (var n in names) w.WriteStringValue(n);
            w.WriteEndArray();
        }
    }

    private static string Word(ShardCondition condition) => condition switch { ShardCondition.Missing => "missing", ShardCondition.Damaged => "damaged", _ => "of another manifest or number" };
}
