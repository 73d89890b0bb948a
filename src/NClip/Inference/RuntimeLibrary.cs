namespace NClip.Inference;

/// <summary>The library that runs the towers, ONNX Runtime, as this process has it.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Providers">What it can compute with, by its own names: CPUExecutionProvider, CUDAExecutionProvider, ...</param>
public sealed record RuntimeLibrary(string Version, IReadOnlyList<string> Providers)
{
    /// <summary>Loads the library, if no model did so yet; its telemetry is off, as <see cref="ClipOptions"/> says.</summary>
    /// <exception cref="DllNotFoundException">It is not there for this platform, or something that it needs is not.</exception>
    public static RuntimeLibrary Load()
    {
        var runtime = RuntimeTelemetry.Off();
        return new(runtime.GetVersionString(), runtime.GetAvailableProviders());
    }
}
