using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using NClip.Graphs;
using NClip.Towers;

namespace NClip.Inference;

/// <summary>A part of a model that runs: an ONNX Runtime session, made at the first run. Thread-safe.</summary>
/// <param name="part">Its inputs and outputs.</param>
/// <param name="graph">Makes its graph.</param>
/// <param name="options">How it is run.</param>
internal sealed class PartSession(ModelPart part, Func<CancellationToken, PartGraph> graph, TowerOptions options) : IDisposable
{
    private readonly string[] _inputs = [.. part.Inputs.Select(i => i.Name)], _outputs = [.. part.Outputs.Select(o => o.Name)];
    private readonly Lock _making = new();
    private InferenceSession? _session;

    /// <summary>Makes the session now.</summary>
    public void Warm(CancellationToken cancellation) => Session(cancellation);

    /// <summary>True for what may be the failure of one batch, and need not be that of another: memory, a kernel.</summary>
    public static bool IsOfBatch(Exception e) => e is OnnxRuntimeException or OutOfMemoryException;

    /// <summary>A value that the memory at hand holds.</summary>
    public static OrtValue Value<T>(ReadOnlyMemory<T> memory, params long[] shape)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, MemoryMarshal.AsMemory(memory), shape);

    /// <summary>Runs a part of one output: inputs (batch first) into <paramref name="output"/> [N, ...].</summary>
    public void Run(IReadOnlyCollection<OrtValue> inputs, Memory<float> output, int count, CancellationToken cancellation)
    {
        using var y = Value<float>(output, [count, .. part.Outputs[0].Dims.Skip(1).Select(d => d.Number)]);
        Run(inputs, [y], cancellation);
    }

    /// <summary>Runs it once: values in the order of the part's inputs into values in the order of its outputs.</summary>
    public void Run(IReadOnlyCollection<OrtValue> inputs, IReadOnlyCollection<OrtValue> outputs, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var session = Session(cancellation);
        using var run = new RunOptions();
        using var stop = cancellation.Register(() => run.Terminate = true);
        try
        {
            session.Run(run, _inputs, inputs, _outputs, outputs);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    public void Dispose() => _session?.Dispose();

    /// <summary>The session. One that could not be made, or whose making was cancelled, is tried again by the next run.</summary>
    private InferenceSession Session(CancellationToken cancellation)
    {
        lock (_making) return _session ??= Create(graph(cancellation), options);
    }

    private static InferenceSession Create(PartGraph graph, TowerOptions options)
    {
        RuntimeTelemetry.Off();
        FreedMemory.GiveBack();
        using var o = new SessionOptions
        {
            IntraOpNumThreads = options.Threads ?? PhysicalCores.Count,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        if (graph.Files.Count > 0) o.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", graph.Files.First().Folder);
        if (!options.Prepack) o.AddSessionConfigEntry("session.disable_prepacking", "1");
        if (options.Provider == ExecutionProvider.Cuda) AppendCuda(o);
        try
        {
            return new InferenceSession(graph.Model, o);
        }
        catch (Exception e) when (e is OnnxRuntimeException or OutOfMemoryException)
        {
            throw new ClipException($"the tower's session cannot be made: {e.Message}", inner: e); // the model's failure, not that of the pictures or texts it is made for
        }
    }

    private static void AppendCuda(SessionOptions o)
    {
        try
        {
            o.AppendExecutionProvider_CUDA();
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw new ClipException("execution provider Cuda is not in this program's ONNX Runtime. Add the package Microsoft.ML.OnnxRuntime.Gpu and NVIDIA's CUDA libraries, or let the CPU compute.", inner: e);
        }
    }
}
