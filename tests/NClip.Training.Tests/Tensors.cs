using NClip.Checkpoints;
using static TorchSharp.torch;

namespace NClip.Training.Tests;

/// <summary>Reference tensors as torch's, in their own precision.</summary>
internal static class Tensors
{
    public static Tensor Torch(this StateDict file, string name)
    {
        var entry = file.Tensors[name];
        return entry.Type switch
        {
            TensorType.Float64 => tensor(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(entry.Bytes().Span).ToArray()).reshape(entry.Shape),
            TensorType.Int64 => tensor(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(entry.Bytes().Span).ToArray()).reshape(entry.Shape),
            _ => tensor(entry.ToFloat32()).reshape(entry.Shape),
        };
    }

    public static double LargestDifference(Tensor a, Tensor b) => (a.to_type(ScalarType.Float64) - b.to_type(ScalarType.Float64)).abs().max().item<double>();
}
