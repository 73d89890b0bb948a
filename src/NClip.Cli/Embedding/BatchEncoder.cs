using System.Runtime.CompilerServices;
using NClip.Cli.Inputs;

namespace NClip.Cli.Embedding;

/// <summary>Batches of inputs to their outcomes, in order.</summary>
/// <param name="clip">The model.</param>
/// <param name="size">Inputs in a batch; the last may have fewer.</param>
internal sealed class BatchEncoder(Clip clip, int size)
{
    /// <summary>Pictures: the next batch is decoded while the tower works on this one.</summary>
    public async IAsyncEnumerable<Outcome[]> EncodeAsync(IEnumerable<string[]> batches, PictureList pictures, [EnumeratorCancellation] CancellationToken stop)
    {
        var outcomes = new List<Outcome>(size);
        await foreach (var p in pictures.EncodeAsync(clip, batches.SelectMany(b => b), stop).ConfigureAwait(false))
        {
            outcomes.Add(new(new(null, p.File), p.Features, p.Error?.Message));
            if (outcomes.Count < size) continue;
            yield return [.. outcomes];
            outcomes.Clear();
        }
        if (outcomes.Count > 0) yield return [.. outcomes];
    }

    /// <summary>Texts.</summary>
    public async IAsyncEnumerable<Outcome[]> EncodeAsync(IEnumerable<TextLine[]> batches, string? file, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var batch in batches)
        {
            stop.ThrowIfCancellationRequested();
            var features = new Queue<Outcome>(Encode([.. batch.Where(l => l.Error is null)], stop));
            yield return [.. batch.Select(l => l.Error is { } e ? new Outcome(new(l.Id, l.Text), default, $"{file}: {e}") : features.Dequeue())];
            await Task.Yield();
        }
    }

    // A batch with a text that the model refuses is encoded text by text, so that only that one has no row.
    private IEnumerable<Outcome> Encode(TextLine[] lines, CancellationToken stop)
    {
        if (lines.Length == 0) return [];
        try
        {
            var m = clip.EncodeText([.. lines.Select(l => l.Text)], stop);
            return lines.Select((l, i) => new Outcome(new(l.Id, l.Text), m.Row(i).ToArray(), null));
        }
        catch (ClipException e) when (lines.Length == 1)
        {
            return [new(new(lines[0].Id, lines[0].Text), default, e.Message)];
        }
        catch (ClipException)
        {
            return lines.SelectMany(l => Encode([l], stop));
        }
    }
}
