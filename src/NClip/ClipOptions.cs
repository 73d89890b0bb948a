using NClip.Images;
using NClip.Text;

namespace NClip;

/// <summary>Arithmetic of the towers.</summary>
public enum Precision
{
    /// <summary>float32: the reference.</summary>
    Float32,

    /// <summary>Weights as signed 8-bit integers, one scale an output channel; activations quantised as they come.</summary>
    Int8,
}

/// <summary>Where the towers run.</summary>
public enum ExecutionProvider
{
    /// <summary>ONNX Runtime's CPU provider.</summary>
    Cpu,

    /// <summary>NVIDIA GPUs; needs the package Microsoft.ML.OnnxRuntime.Gpu.</summary>
    Cuda,
}

/// <summary>How a model is run. The defaults are right for most uses.</summary>
/// <param name="Precision">Arithmetic of the towers. Default: float32.</param>
/// <param name="Threads">Threads inside one run of a tower, and of decoding. Default: all cores.</param>
/// <param name="BatchSize">Pictures or texts in one run of a tower, 1..1024. Default 16.</param>
/// <param name="Provider">Where the towers run. Default: CPU.</param>
/// <param name="ImagePolicy">How pictures are read. Default: as a person sees them.</param>
/// <param name="Images">Limits and speed of decoding; null for the defaults.</param>
/// <param name="Overflow">What happens to texts longer than the context. Default: an exception.</param>
/// <param name="Prepack">Whether weights are rearranged at load: up to a fifth faster at batch 1, but a slower load and a private copy. Default: yes.</param>
/// <param name="CacheFolder">Where converted weights of f16, bf16 and pickled checkpoints are kept; null for a folder under the user's cache.</param>
public sealed record ClipOptions(
    Precision Precision = Precision.Float32,
    int? Threads = null,
    int BatchSize = 16,
    ExecutionProvider Provider = ExecutionProvider.Cpu,
    ImagePolicy ImagePolicy = ImagePolicy.Natural,
    ImageOptions? Images = null,
    ContextOverflow Overflow = ContextOverflow.Throw,
    bool Prepack = true,
    string? CacheFolder = null)
{
    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ClipException">A value is out of its range.</exception>
    internal ClipOptions Validated()
    {
        if (Threads is < 1 or > 1024) throw new ClipException($"Threads is {Threads}; it must be 1..1024, or null for all cores.");
        if (BatchSize is < 1 or > 1024) throw new ClipException($"BatchSize is {BatchSize}; it must be 1..1024.");
        return this;
    }
}
