using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace NClip.Inference;

/// <summary>
/// ONNX Runtime's report on its use to its maker: a device id and a database below the user's cache folder, and connections. It is off in every process
/// that uses NClip, unless whoever started the process set <see cref="Variable"/> (0 leaves it to ONNX Runtime). Where the program made ONNX Runtime's
/// environment before its first model, what was written by then stays, and later events are off.
/// </summary>
internal static partial class RuntimeTelemetry
{
    /// <summary>What ONNX Runtime asks, once, when its library is loaded.</summary>
    public const string Variable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<OrtEnv> _quiet = new(TurnOff);

    /// <summary>Turns it off at the first call. To be called before anything else of ONNX Runtime is touched.</summary>
    /// <returns>The process' environment of ONNX Runtime.</returns>
    public static OrtEnv Off() => _quiet.Value;

    private static OrtEnv TurnOff()
    {
        var value = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } said ? said : "1";
        if (OperatingSystem.IsWindows()) Environment.SetEnvironmentVariable(Variable, value);
        else SetNative(Variable, value, 1); // .NET's own copy of the environment is not what native code reads
        var env = OrtEnv.Instance();
        if (value != "0") env.DisableTelemetryEvents();
        return env;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetNative(string name, string value, int overwrite);
}
