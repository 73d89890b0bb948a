namespace NClip;

/// <summary>Arithmetic of the towers.</summary>
public enum Precision
{
    /// <summary>IEEE float32: equal to the reference within rounding.</summary>
    Float32,

    /// <summary>Linear layers in int8 (weights per output channel, activations per run), token tables in int8 by row, the rest in float32: two to three times as fast on processors with VNNI where linear layers are most of the work, about 1.5 times on others (docs/performance.md); the same answers on both. Not equal to the reference: cosine to float32 above 0.99 on the models measured (docs/parity.md, section 3).</summary>
    Int8,
}

/// <summary>What computes the towers.</summary>
public enum ExecutionProvider
{
    /// <summary>ONNX Runtime's CPU kernels.</summary>
    Cpu,

    /// <summary>NVIDIA GPUs; add the package Microsoft.ML.OnnxRuntime.Gpu to your program.</summary>
    Cuda,
}
