using NClip.Towers.Blocks;

namespace NClip.Graphs;

/// <summary>Rotary positions: x·cos + (x·R)·sin, where R gives each channel its neighbour, the even ones with a minus.</summary>
internal sealed partial class GraphWriter
{
    /// <inheritdoc/>
    public Value Rotate(Value x, RotaryPositions positions, int channels)
    {
        Value Turns(string name, Func<(float[] Cos, float[] Sin), float[]> of) =>
            Table($"rotary.{name}:{positions}:{channels}", [positions.Tokens, channels], to => Twice(of(positions.Tables(channels)), to));
        var neighbours = Table($"rotary.neighbours:{channels}", [channels, channels], to =>
        {
            to.Clear();
            for (var i = 0; i < channels; i += 2) (to[(i * channels) + i + 1], to[((i + 1) * channels) + i]) = (1, -1);
        });
        return Add(Mul(x, Turns("cos", t => t.Cos)), Mul(Op("MatMul", [x, neighbours]), Turns("sin", t => t.Sin)));
    }

    /// <summary>A constant of the network that no file holds.</summary>
    private Value Table(string key, long[] shape, Action<Span<float>> fill) =>
        _constants.TryGetValue(key, out var v) ? v : _constants[key] = Inline(Unique("table"), shape, fill);

    private static void Twice(float[] each, Span<float> to)
    {
        for (var i = 0; i < to.Length; i++) to[i] = each[i / 2];
    }
}
