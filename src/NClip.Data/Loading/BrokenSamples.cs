using System.Text.Encodings.Web;
using System.Text.Json;

namespace NClip.Data;

/// <summary>The ledger of samples that could not be used: counted, and written as JSON lines (key, source, position, reason), each sample once. Safe to use from several threads.</summary>
public sealed class BrokenSamples : IDisposable
{
    private static readonly JsonWriterOptions _readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();
    private readonly HashSet<(string, int, string)> _known = [];
    private readonly Dictionary<string, int> _bySource = new(StringComparer.Ordinal);
    private readonly FileStream? _file;

    /// <param name="path">The file to append to; null: samples are only counted.</param>
    /// <exception cref="DataException">The file cannot be written.</exception>
    public BrokenSamples(string? path = null)
    {
        if (path is null) return;
        try
        {
            _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"the ledger of broken samples cannot be written: {e.Message}", path, e);
        }
    }

    /// <summary>Times that a broken sample was met; one that is met in every epoch counts every time.</summary>
    public int Count { get; private set; }

    /// <summary>Different broken samples by source.</summary>
    public IReadOnlyDictionary<string, int> BySource
    {
        get
        {
            lock (_lock) return new Dictionary<string, int>(_bySource);
        }
    }

    /// <summary>Notes a sample.</summary>
    public void Add(RawSample sample, string reason)
    {
        ArgumentNullException.ThrowIfNull(sample);
        lock (_lock)
        {
            Count++;
            if (!_known.Add((sample.Source, sample.Position, sample.Key))) return;
            _bySource[sample.Source] = _bySource.GetValueOrDefault(sample.Source) + 1;
            if (_file is null) return;
            using (var json = new Utf8JsonWriter(_file, _readable))
            {
                json.WriteStartObject();
                json.WriteString("key", sample.Key);
                json.WriteString("source", sample.Source);
                json.WriteNumber("position", sample.Position);
                json.WriteString("reason", reason);
                json.WriteEndObject();
            }
            _file.WriteByte((byte)'\n');
            _file.Flush();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file?.Dispose();
}
