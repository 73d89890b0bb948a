using System.Text;
using System.Text.Json;
using NClip.Foundation;

namespace NClip.Training.Runs;

/// <summary>What a step gave.</summary>
/// <param name="Step">Updates made, from 1.</param>
/// <param name="Epoch">Times that the data had been seen whole.</param>
/// <param name="Loss">Of the batch, before the update.</param>
/// <param name="Lr">Learning rate of the update.</param>
/// <param name="LogitScale">After the update, the logarithm.</param>
/// <param name="GradNorm">Before clipping.</param>
/// <param name="PairsPerSecond">Of this step, waiting for data included.</param>
internal sealed record StepMetrics(int Step, int Epoch, double Loss, double Lr, double LogitScale, double GradNorm, double PairsPerSecond);

/// <summary>metrics.jsonl: one object a step, each step once, however often the run was killed.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _file;

    /// <param name="path">The file; what it has beyond <paramref name="step"/>, or a line that was cut, is taken away.</param>
    /// <param name="step">The last step that counts.</param>
    /// <exception cref="ClipException">It cannot be written.</exception>
    public MetricsLog(string path, int step)
    {
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            _file.SetLength(Kept(_file, step));
            _file.Seek(0, SeekOrigin.End);
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            _file?.Dispose();
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", path, e);
        }
    }

    /// <summary>Adds a step.</summary>
    /// <exception cref="ClipException">The disk is full.</exception>
    public void Add(StepMetrics m)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", m.Step);
            json.WriteNumber("epoch", m.Epoch);
            json.WriteNumber("loss", m.Loss);
            json.WriteNumber("lr", m.Lr);
            json.WriteNumber("logit_scale", m.LogitScale);
            json.WriteNumber("grad_norm", m.GradNorm);
            json.WriteNumber("pairs_per_s", Math.Round(m.PairsPerSecond, 2));
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        try
        {
            _file.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
            _file.Flush();
        }
        catch (IOException e)
        {
            throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", _file.Name, e);
        }
    }

    /// <summary>Waits until everything is on the disk: before a checkpoint is given its name.</summary>
    public void ToDisk() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Length of the beginning whose lines are whole and of steps up to <paramref name="step"/>.</summary>
    private static long Kept(Stream file, int step)
    {
        using var reader = new StreamReader(file, new UTF8Encoding(false), leaveOpen: true);
        var text = reader.ReadToEnd();
        var at = 0;
        for (int end; (end = text.IndexOf('\n', at)) >= 0; at = end + 1)
            if (StepOf(text.AsSpan(at, end - at)) is not { } s || s > step) break;
        return Encoding.UTF8.GetByteCount(text.AsSpan(0, at));
    }

    private static int? StepOf(ReadOnlySpan<char> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line.ToString());
            return json.RootElement.TryGetProperty("step", out var s) && s.TryGetInt32(out var n) ? n : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
