using NClip.Towers;

namespace NClip.Graphs;

/// <summary>A part of a model as an ONNX model: its bytes, and the files its external weights lie in.</summary>
/// <param name="Model">ModelProto.</param>
/// <param name="Files">Files of the external weights, in one folder; none where all are inside.</param>
internal sealed record PartGraph(byte[] Model, IReadOnlySet<ExternalFile> Files)
{
    /// <summary>The graph of <paramref name="part"/>, inputs and outputs by its names.</summary>
    /// <param name="part">The part.</param>
    /// <param name="tensors">The model's weights.</param>
    /// <param name="own">Where the weights go that the graph takes with it; null: they stay in their files.</param>
    public static PartGraph Of(ModelPart part, ModelTensors tensors, OwnWeights? own = null)
    {
        var g = new GraphWriter(tensors, own);
        Value[] inputs = [.. part.Inputs.Select(i => g.Input(i.Name, i.IsInteger ? OnnxProto.Int64 : OnnxProto.Float, Dims(i)))];
        foreach (var (value, output) in part.Build(g, inputs).Zip(part.Outputs)) g.Output(value, output.Name, output.IsInteger ? OnnxProto.Int64 : OnnxProto.Float, Dims(output));
        return new PartGraph(g.Finish(), g.Files);
    }

    private static object[] Dims(PartValue v) => [.. v.Dims.Select(d => (object?)d.Name ?? d.Number)];
}
