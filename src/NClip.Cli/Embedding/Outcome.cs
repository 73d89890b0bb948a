using System.Runtime.InteropServices;
using NClip.Cli.Output.Features;

namespace NClip.Cli.Embedding;

/// <summary>What came of one input: features [D], or the reason why it has none.</summary>
/// <param name="Source">The input.</param>
/// <param name="Values">Features as the tower gives them; empty where <paramref name="Error"/> is set.</param>
/// <param name="Error">Why there are none, or null.</param>
internal readonly record struct Outcome(RowSource Source, ReadOnlyMemory<float> Values, string? Error)
{
    /// <summary>Writes it as bytes.</summary>
    public void Write(BinaryWriter w)
    {
        w.Write(Source.Id is not null);
        if (Source.Id is not null) w.Write(Source.Id);
        w.Write(Source.Source);
        w.Write(Error is not null);
        if (Error is not null) w.Write(Error);
        else w.Write(MemoryMarshal.AsBytes(Values.Span));
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Outcome Read(BinaryReader r, int dimension)
    {
        var source = new RowSource(r.ReadBoolean() ? r.ReadString() : null, r.ReadString());
        if (r.ReadBoolean()) return new(source, default, r.ReadString());
        var values = new float[dimension];
        r.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return new(source, values, null);
    }
}
