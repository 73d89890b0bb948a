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

/// <summary>metrics.jsonl: one object a step, each step once, however often the run was killed; and the same for TensorBoard.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _file;
    private readonly EventFile _events;

    /// <param name="path">The file; what it has beyond <paramref name="step"/>, or a line that was cut, is taken away.</param>
    /// <param name="step">The last step that counts.</param>
    /// <param name="events">TensorBoard's file; made anew from the lines that stay.</param>
    /// <exception cref="ClipException">They cannot be written.</exception>
    public MetricsLog(string path, int step, string events)
    {
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            var kept = StepLines.CutBehind(_file, step);
            _events = new EventFile(events);
            foreach (var line in kept) AddEvent(line);
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
        AddEvent(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
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

    /// <summary>Shows an evaluation's figures of a step for TensorBoard.</summary>
    public void Figures(int step, string name, IReadOnlyList<(string Name, double Value)> figures) => _events.Add(step, figures.Select(f => ($"{name}/{f.Name}", f.Value)));

    /// <summary>Waits until everything is on the disk: before a checkpoint is given its name.</summary>
    public void ToDisk() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _events.Dispose();
    }

    /// <summary>The numbers of a line but its step.</summary>
    private void AddEvent(string line)
    {
        using var json = JsonDocument.Parse(line);
        _events.Add(json.RootElement.GetProperty("step").GetInt64(), json.RootElement.EnumerateObject().Where(p => p.Name != "step" && p.Value.ValueKind == JsonValueKind.Number).Select(p => (p.Name, p.Value.GetDouble())));
    }
}
