using System.Runtime.InteropServices;
using NClip.Checkpoints;

namespace NClip.Cli.Output.Features;

/// <summary>safetensors: one F32 tensor [N, D]; beside it X.rows.jsonl says what each row belongs to.</summary>
internal sealed class SafetensorsFile(string path, FeatureKind kind, int dimension) : FeatureFile
{
    private readonly RowFile _values = new(path, dimension * sizeof(float));
    private readonly RowList _rows = new(path, kind);

    public override Task AddAsync(RowSource source, ReadOnlyMemory<float> features)
    {
        _values.Add(MemoryMarshal.AsBytes(features.Span));
        _rows.Add(source);
        return Task.CompletedTask;
    }

    public override Task CompleteAsync()
    {
        Safetensors.WriteEach(path, [(kind.Tensor, TensorType.Float32, [_rows.Count, dimension], to => to.Write(_values.ReadAll().Span))]);
        _rows.Complete();
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        _values.Dispose();
        _rows.Dispose();
    }
}
