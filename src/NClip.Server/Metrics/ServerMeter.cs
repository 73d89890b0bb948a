using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace NClip.Server.Metrics;

/// <summary>What the server counts, as System.Diagnostics.Metrics ("NClip.Server"), which dotnet-counters and OpenTelemetry read; <see cref="PrometheusText"/> writes the same at /metrics.</summary>
internal sealed class ServerMeter : IDisposable
{
    /// <summary>Its name.</summary>
    public const string Name = "NClip.Server";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _requests, _refused;
    private readonly Histogram<double> _seconds, _batches;

    public ServerMeter()
    {
        Text = new PrometheusText(_meter);
        _requests = _meter.CreateCounter<long>("nclip.requests", null, "Requests that were answered.");
        _refused = _meter.CreateCounter<long>("nclip.refused", null, "Requests that found too many others waiting.");
        _seconds = _meter.CreateHistogram<double>("nclip.request.seconds", "s", "From the request to the last byte of its answer.");
        _batches = _meter.CreateHistogram<double>("nclip.batch.size", null, "Texts or pictures in one run of a tower, or searches in one look at the vectors.");
    }

    /// <summary>The counts as text.</summary>
    public PrometheusText Text { get; }

    /// <summary>Counts a request.</summary>
    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        var start = Stopwatch.GetTimestamp();
        try { await next(context).ConfigureAwait(false); }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "other"; // never the path: it would be a series for each
            _requests.Add(1, new("route", route), new("status", context.Response.StatusCode));
            _seconds.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>("route", route));
        }
    }

    /// <summary>Counts one that was turned away.</summary>
    public void Refused() => _refused.Add(1);

    /// <summary>Counts a run of a tower.</summary>
    public void Batch(string tower, int size) => _batches.Record(size, new KeyValuePair<string, object?>("tower", tower));

    /// <summary>Watches a queue.</summary>
    public void Watch(string tower, Func<int> waiting) => _meter.CreateObservableGauge("nclip.queue.waiting", () => new Measurement<int>(waiting(), new KeyValuePair<string, object?>("tower", tower)), null, "Texts or pictures that wait for a tower, or searches.", [new("tower", tower)]);

    /// <inheritdoc/>
    public void Dispose()
    {
        Text.Dispose();
        _meter.Dispose();
    }
}
