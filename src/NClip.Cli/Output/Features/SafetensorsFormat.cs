using System.Runtime.InteropServices;
using NClip.Checkpoints;

namespace NClip.Cli.Output.Features;

/// <summary>safetensors: one F32 tensor [N, D].</summary>
internal static class SafetensorsFormat
{
    public static Task WriteAsync(FeatureTable table, Stream to, CancellationToken stop)
    {
        to.Write(Safetensors.Header([(table.Kind.Tensor, TensorType.Float32, [table.Count, table.Dimension])], null));
        foreach (var row in table.Rows)
        {
            stop.ThrowIfCancellationRequested();
            to.Write(MemoryMarshal.AsBytes(row.Values.Span));
        }
        return Task.CompletedTask;
    }
}
