using NClip.Architectures;
using NClip.Checkpoints;

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
        var w = g.Weights["visual"];
        var y = spec switch
        {
            VisionTransformerSpec s => VisionTransformerGraph.Build(g, s, w, x),
            ModifiedResNetSpec s => ModifiedResNetGraph.Build(g, s, w, x),
            ResNetSpec s => ResNetGraph.Build(g, s, w, x),
            ConvNextSpec s => ConvNextGraph.Build(g, s, w, x),
            MobileNetV2Spec s => MobileNetV2Graph.Build(g, s, w, x),
            _ => throw new CheckpointException(tensors.File, $"NClip has no graph for the image tower {spec.Title}."),
        };
        return new TowerGraph(g.Finish(y, Features, "N", spec.FeatureWidth), g.Files);
    }

    /// <summary>tokens [N, L] (int64) -> features [N, D].</summary>
    public static TowerGraph Text(TextTowerSpec spec, ModelTensors tensors)
    {
        var g = new GraphWriter(tensors);
        var ids = g.Input(Tokens, OnnxProto.Int64, "N", "L");
        var y = spec switch
        {
            TextTransformerSpec s => TextTransformerGraph.Build(g, s, g.Weights, ids),
            BertSpec s => BertGraph.Build(g, s, g.Weights, ids),
            BagTransformerSpec s => BagTransformerGraph.Build(g, s, g.Weights, ids),
            _ => throw new CheckpointException(tensors.File, $"NClip has no graph for the text tower {spec.Title}."),
        };
        return new TowerGraph(g.Finish(y, Features, "N", spec.FeatureWidth), g.Files);
    }
}
