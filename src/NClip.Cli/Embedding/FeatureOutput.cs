using System.Buffers;
using NClip.Cli.Output;
using NClip.Cli.Output.Features;

namespace NClip.Cli.Embedding;

/// <summary>A file of features with what belongs beside it: names of the rows where the format has no room for them, and inputs that have none.</summary>
/// <param name="target">The file; its extension names the format.</param>
/// <param name="kind">Of pictures or of texts.</param>
/// <param name="normalize">Whether rows are divided by their length.</param>
/// <exception cref="UsageException">The extension names no format.</exception>
internal sealed class FeatureOutput(string target, FeatureKind kind, bool normalize)
{
    private readonly FeatureFormat _format = FeatureFormat.Of(target);

    /// <summary>Writes all of it; the files appear when they are whole.</summary>
    /// <param name="count">N.</param>
    /// <param name="dimension">D.</param>
    /// <param name="rows">Exactly N, as the tower gives them; read once.</param>
    /// <param name="errors">Inputs without a row, and why.</param>
    /// <param name="stop">Ends it; nothing is written then.</param>
    public async Task WriteAsync(int count, int dimension, IEnumerable<FeatureRow> rows, IReadOnlyList<(RowSource Source, string Error)> errors, CancellationToken stop)
    {
        using var features = new NewFile(target);
        using var names = _format.HoldsSources ? null : new NewFile($"{target}.rows.jsonl");
        await _format.WriteAsync(new FeatureTable(kind, count, dimension, Noting(rows, names)), features.Stream, stop).ConfigureAwait(false);
        WriteErrors(errors);
        names?.Complete();
        features.Complete();
    }

    // Names go into their file as their rows pass.
    private IEnumerable<FeatureRow> Noting(IEnumerable<FeatureRow> rows, NewFile? names)
    {
        var (line, row) = (new ArrayBufferWriter<byte>(256), 0);
        foreach (var r in rows)
        {
            if (names is not null)
            {
                Terminal.WriteJsonLine(line, w => { w.WriteNumber("row", row); r.Source.Write(w, kind.Source); });
                names.Stream.Write(line.WrittenSpan);
            }
            row++;
            yield return normalize ? r with { Values = Normalized(r.Values) } : r;
        }
    }

    // There is no such file where none failed, also none of an earlier run.
    private void WriteErrors(IReadOnlyList<(RowSource Source, string Error)> errors)
    {
        var path = $"{target}.errors.jsonl";
        if (errors.Count == 0) { File.Delete(path); return; }
        using var file = new NewFile(path);
        var line = new ArrayBufferWriter<byte>(256);
        foreach (var (source, error) in errors)
        {
            Terminal.WriteJsonLine(line, w => { source.Write(w, kind.Source); w.WriteString("error", Plain.Message(error)); });
            file.Stream.Write(line.WrittenSpan);
        }
        file.Complete();
    }

    private static ReadOnlyMemory<float> Normalized(ReadOnlyMemory<float> features)
        => new Matrix(1, features.Length, features.ToArray()).Normalized().ToArray();
}
