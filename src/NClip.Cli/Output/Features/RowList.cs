using System.Buffers;

namespace NClip.Cli.Output.Features;

/// <summary>X.rows.jsonl, for formats that hold numbers only: what each row belongs to.</summary>
internal sealed class RowList(string features, FeatureKind kind) : IDisposable
{
    private readonly NewFile _file = new(Path.ChangeExtension(features, ".rows.jsonl"));
    private readonly ArrayBufferWriter<byte> _line = new();

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Appends a row.</summary>
    public void Add(RowSource source)
    {
        Terminal.WriteJsonLine(_line, w =>
        {
            w.WriteNumber("row", Count);
            source.Write(w, kind.Source);
        });
        _file.Stream.Write(_line.WrittenSpan);
        Count++;
    }

    /// <summary>Gives the file its name.</summary>
    public void Complete() => _file.Complete();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
