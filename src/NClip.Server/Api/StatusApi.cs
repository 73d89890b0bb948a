using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NClip.Cli;
using NClip.Search;
using NClip.Server.Galleries;
using NClip.Server.Metrics;

namespace NClip.Server.Api;

/// <summary>Whether it lives, whether it answers, what it has, what it counts.</summary>
internal static class StatusApi
{
    private static readonly SearchQuery _anyText = new([new QueryTerm(1, "")]);

    public static void Map(IEndpointRouteBuilder app, Gallery gallery, Clip clip, Catalog catalog, ServerMeter meter)
    {
        var warm = Task.Run(async () =>
        {
            await clip.WarmAsync().ConfigureAwait(false);
            return catalog.All(default).Count;
        });
        app.MapGet("/healthz", () => Results.Text("ok")).WithSummary("Whether the process answers.");
        app.MapGet("/readyz", () => warm.IsCompletedSuccessfully ? Results.Text("ready") : Results.Text("starting", statusCode: 503)).WithSummary("Whether the model and the list of pictures are loaded.");
        app.MapGet("/metrics", () => Results.Text(meter.Text.Write(), "text/plain; version=0.0.4")).WithSummary("Counts in Prometheus' text format.");
        app.MapPost("/api/session", () => Results.NoContent()).WithSummary("With the key: gives a browser the cookie that stands for it.");
        app.MapGet("/api/status", () => new StatusAnswer(ProgramVersion.Short, gallery.Model?.Shown ?? "", clip.Spec.EmbedDim, gallery.Count, gallery.Failures.Count, gallery.Folders, gallery.Threshold(_anyText)))
            .WithSummary("The gallery: its model, how many pictures it has, which folders.");
    }
}
