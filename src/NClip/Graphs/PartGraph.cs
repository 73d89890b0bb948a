using NClip.Towers;

namespace NClip.Graphs;

/// <summary>A part of a model as an ONNX model: its bytes, and the files its external weights lie in.</summary>
/// <param name="Model">ModelProto.</param>
/// <param name="Files">Files of the external weights, in one folder; none where all are inside.</param>
internal sealed record PartGraph(byte[] Model, IReadOnlySet<ExternalFile> Files)
{
    /// <summary>The graph of <paramref name="part"/>, inputs and outputs by its names.</summary>
    public static PartGraph Of(ModelPart part, ModelTensors tensors)
    {
        var g = new GraphWriter(tensors);
        Value[] inputs = [.. part.Inputs.Select(i => g.Input(i.Name, i.IsInteger ? OnnxProto.Int64 : OnnxProto.Float, Dims(i)))];
        foreach (var (value, output) in part.Build(g, inputs).Zip(part.Outputs)) g.Output(value, output.Name, output.IsInteger ? OnnxProto.Int64 : OnnxProto.Float, Dims(output));
        return new PartGraph(g.Finish(), g.Files);
    }

    private static object[] Dims(PartValue v) => [.. v.Dims.Select(d => (object?)d.Name ?? d.Number)];
}
