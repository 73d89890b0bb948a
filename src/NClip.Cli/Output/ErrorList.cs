using System.Buffers;
using NClip.Cli.Output.Features;

namespace NClip.Cli.Output;

/// <summary>X.errors.jsonl beside the features: the inputs that have no row, and why. There is no such file where none failed.</summary>
internal sealed class ErrorList(string features, FeatureKind kind, Failures failures) : IDisposable
{
    private readonly string _path = Path.ChangeExtension(features, ".errors.jsonl");
    private readonly ArrayBufferWriter<byte> _line = new();
    private NewFile? _file;

    /// <summary>Names one input on standard error and in the file.</summary>
    public void Add(RowSource source, string message, Exception? cause = null)
    {
        failures.Add(message, cause);
        Terminal.WriteJsonLine(_line, w =>
        {
            source.Write(w, kind.Source);
            w.WriteString("error", Terminal.OnOneLine(message));
        });
        (_file ??= new NewFile(_path)).Stream.Write(_line.WrittenSpan);
    }

    /// <summary>Gives the file its name, or deletes that of an earlier run.</summary>
    public void Complete()
    {
        if (_file is null) File.Delete(_path);
        else _file.Complete();
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
