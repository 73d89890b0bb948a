using NClip.Checkpoints;

namespace NClip.Architectures;

/// <summary>Shapes of convolutional image towers -> their specs.</summary>
internal static class ConvolutionalTowers
{
    public static ImageTowerSpec Infer(ModelTensors t) => throw new CheckpointException(t.File, "convolutional towers are not supported yet.");
}
