using NClip.Checkpoints;
using static TorchSharp.torch;

namespace NClip.Training.Data;

/// <summary>Torch tensors to a safetensors file.</summary>
internal static class SafetensorsFile
{
    /// <summary>Writes float32 tensors, or float16 ones where <paramref name="half"/> says so.</summary>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, Func<string, bool>? half = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Safetensors.Write(path, tensors.Select(t =>
        {
            var small = half?.Invoke(t.Name) == true;
            var value = t.Value.detach().to_type(small ? ScalarType.Float16 : ScalarType.Float32).contiguous();
            return (t.Name, small ? TensorType.Float16 : TensorType.Float32, value.shape, (ReadOnlyMemory<byte>)value.bytes.ToArray());
        }), metadata);
    }
}
