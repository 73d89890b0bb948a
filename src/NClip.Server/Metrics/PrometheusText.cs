using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace NClip.Server.Metrics;

/// <summary>The measurements of a meter in Prometheus' text format: counters, gauges, histograms with fixed borders.</summary>
internal sealed class PrometheusText : IDisposable
{
    private static readonly double[] _borders = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 60];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Instrument> _instruments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<string, Series>> _series = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter != meter) return;
            lock (_gate) _instruments[Named(instrument)] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((i, v, tags, _) => Note(i, v, tags));
        _listener.SetMeasurementEventCallback<int>((i, v, tags, _) => Note(i, v, tags));
        _listener.SetMeasurementEventCallback<double>((i, v, tags, _) => Note(i, v, tags));
        _listener.Start();
    }

    /// <summary>All of it.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        lock (_gate)
        {
            foreach (var (name, instrument) in _instruments)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description}\n# TYPE {name} {Kind(instrument)}\n");
                foreach (var (labels, s) in _series.GetValueOrDefault(name) ?? []) Write(text, name, labels, s, instrument);
            }
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static string Named(Instrument i) => i.Name.Replace('.', '_') + (i is Counter<long> ? "_total" : "");

    private static string Kind(Instrument i) => i is Counter<long> ? "counter" : i is Histogram<double> ? "histogram" : "gauge";

    private static void Write(StringBuilder text, string name, string labels, Series s, Instrument instrument)
    {
        if (instrument is not Histogram<double>)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{Braces(labels)} {s.Sum}\n");
            return;
        }
        long below = 0;
        for (var b = 0; b < _borders.Length; b++)
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{Braces($"{labels}{(labels.Length > 0 ? "," : "")}le=\"{_borders[b]}\"")} {below += s.Buckets[b]}\n");
        text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{Braces($"{labels}{(labels.Length > 0 ? "," : "")}le=\"+Inf\"")} {s.Count}\n{name}_sum{Braces(labels)} {s.Sum}\n{name}_count{Braces(labels)} {s.Count}\n");
    }

    private static string Braces(string labels) => labels.Length == 0 ? "" : $"{{{labels}}}";

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key}=\"{Escaped(Convert.ToString(t.Value, CultureInfo.InvariantCulture) ?? "")}\"")));
        lock (_gate)
        {
            if (!_series.TryGetValue(Named(instrument), out var all)) _series.Add(Named(instrument), all = new(StringComparer.Ordinal));
            if (!all.TryGetValue(labels, out var s)) all.Add(labels, s = new Series(_borders.Length + 1));
            s.Count++;
            s.Sum = Kind(instrument) == "gauge" ? value : s.Sum + value;
            s.Buckets[BorderOf(value)]++;
        }
    }

    private static int BorderOf(double value)
    {
        var b = 0;
        while (b < _borders.Length && value > _borders[b]) b++;
        return b;
    }

    private static string Escaped(string label) => label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Series(int buckets)
    {
        public long Count { get; set; }

        public double Sum { get; set; }

        public long[] Buckets { get; } = new long[buckets];
    }
}
