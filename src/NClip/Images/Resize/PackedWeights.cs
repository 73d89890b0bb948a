namespace NClip.Images.Resize;

/// <summary>
/// Weights as 16-bit pairs for a multiply-add of neighbours: w = High * 2048 + Low, 0 &lt;= Low &lt; 2048. Both sums are exact, so the whole is.
/// The taps of each output are padded with zeros to a multiple of <see cref="Step"/>, and moved left where they would reach beyond the row.
/// </summary>
internal sealed class PackedWeights
{
    public const int LowBits = 11;

    /// <summary>Packs for rows of four channels (steps of 4 taps, each pair four times) or of one (steps of 16 taps).</summary>
    public PackedWeights(AxisWeights weights, int channels)
    {
        Step = channels == 4 ? 4 : 16;
        Steps = (weights.MaxCount + Step - 1) / Step;
        Usable = Steps * Step <= weights.SourceLength;
        Start = new int[weights.Length];
        Values = new short[Usable ? weights.Length * Steps * 32 : 0];
        for (var i = 0; i < weights.Length && Usable; i++)
        {
            Start[i] = Math.Min(weights.Start[i], weights.SourceLength - (Steps * Step));
            var shift = weights.Start[i] - Start[i];
            var w = weights.FixedOf(i);
            for (var t = 0; t < w.Length; t++) Put(i, t + shift, w[t], channels);
        }
    }

    public int Step { get; }

    /// <summary>Steps an output takes.</summary>
    public int Steps { get; }

    /// <summary>False where the row is shorter than one output's padded taps.</summary>
    public bool Usable { get; }

    /// <summary>First tap of each output.</summary>
    public int[] Start { get; }

    /// <summary>[outputs, Steps, high 16 then low 16].</summary>
    public short[] Values { get; }

    public static (short High, short Low) Split(int w) => ((short)(w >> LowBits), (short)(w & ((1 << LowBits) - 1)));

    private void Put(int i, int tap, int w, int channels)
    {
        var at = ((i * Steps) + (tap / Step)) * 32;
        var (high, low) = Split(w);
        if (channels == 1)
        {
            (Values[at + (tap % 16)], Values[at + 16 + (tap % 16)]) = (high, low);
            return;
        }
        at += (tap % 4 / 2 * 8) + (tap % 2);
        for (var c = 0; c < 8; c += 2) (Values[at + c], Values[at + 16 + c]) = (high, low);
    }
}
