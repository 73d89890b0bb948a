using NClip.Architectures;
using NClip.Foundation;
using NClip.Towers;

namespace NClip.Inference;

/// <summary>
/// The rows of a large token table that a batch of texts needs, read from where the checkpoint has them. A vocabulary of all languages is gigabytes, of which a text
/// touches kilobytes: the text part is given its rows instead of the table, and computes the same from them.
/// </summary>
/// <param name="table">[V, W], in one piece.</param>
/// <param name="rounded">Rows are rounded to 8-bit integers times their scale; those of a table that is stored so are.</param>
internal sealed class TokenRows(ModelTensor table, bool rounded)
{
    /// <summary>Bytes, as float32, above which a table stays out of the text part's graph: 256,000 tokens of 512 channels are just below.</summary>
    public const long Above = 512 << 20;

    /// <summary>W.</summary>
    public int Width { get; } = (int)table.Shape[1];

    /// <summary>Those of a model's text tower; null where its graph takes the table itself.</summary>
    /// <param name="tensors">Those that the network takes (<see cref="TowerSpec.Derive"/>).</param>
    /// <param name="spec">What the model is.</param>
    /// <param name="options">The precision, and how many bytes, as float32, the table has to exceed.</param>
    public static TokenRows? Of(ModelTensors tensors, ClipSpec spec, TowerOptions options) =>
        spec.HasTextTower && tensors[spec.Text.TokenTable] is { Parts.Count: 1, Transposed: false } t && t.Count * sizeof(float) > options.RowsAbove ? new(t, options.Precision == Precision.Int8 && t.Scales is null) : null;

    /// <summary>Ids [n] to their rows [n, W], as float32.</summary>
    public float[] Of(ReadOnlyMemory<long> ids)
    {
        var rows = new float[checked(ids.Length * Width)];
        InParallel.For(ids.Length, i =>
        {
            var row = rows.AsSpan(i * Width, Width);
            table.Row(ids.Span[i], row);
            if (rounded) Int8Weights.Round(row);
        });
        return rows;
    }
}
