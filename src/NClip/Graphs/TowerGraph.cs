using NClip.Towers;

namespace NClip.Graphs;

/// <summary>A tower as an ONNX model: its bytes, and the files its external weights lie in.</summary>
/// <param name="Model">ModelProto.</param>
/// <param name="Files">Files of the external weights, in one folder; none where all are inside.</param>
internal sealed record TowerGraph(byte[] Model, IReadOnlySet<ExternalFile> Files)
{
    public const string Pixels = "pixels", Tokens = "tokens", Features = "features";

    /// <summary>pixels [N, 3, H, W] -> features [N, D].</summary>
    public static TowerGraph Image(ImageTowerSpec spec, ModelTensors tensors)
    {
        var g = new GraphWriter(tensors);
        var x = g.Input(Pixels, OnnxProto.Float, "N", 3, spec.Height, spec.Width);
        var w = ((IOperators<Value>)g).Weights["visual"];
        var y = spec.Build(g, w, x);
        return new TowerGraph(g.Finish(y, Features, "N", spec.FeatureWidth), g.Files);
    }

    /// <summary>tokens [N, L] (int64) -> features [N, D].</summary>
    public static TowerGraph Text(TextTowerSpec spec, ModelTensors tensors)
    {
        var g = new GraphWriter(tensors);
        var w = ((IOperators<Value>)g).Weights;
        var ids = g.Input(Tokens, OnnxProto.Int64, "N", "L");
        var y = spec.Build(g, w, ids);
        return new TowerGraph(g.Finish(y, Features, "N", spec.FeatureWidth), g.Files);
    }
}
