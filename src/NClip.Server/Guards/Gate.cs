using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using NClip.Server.Metrics;

namespace NClip.Server.Guards;

/// <summary>How many requests are worked on at a time: the API's with and without a body, those for pictures (a page asks for many at once), those that compare all with all. Others wait in a queue, and beyond it are answered 429. Health and page always pass.</summary>
internal static class Gate
{
    private const int Pictures = 4096; // a page that is scrolled asks for hundreds

    public static void Set(RateLimiterOptions limiter, ServerOptions options, ServerMeter meter)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Kind(context.Request) switch
        {
            "" => RateLimitPartition.GetNoLimiter(""),
            "pictures" => Limited("pictures", 2 * Environment.ProcessorCount, Pictures),
            "groups" => Limited("groups", 1, 8),
            var kind => Limited(kind, options.Requests, options.Waiting),
        });
        limiter.OnRejected = (rejected, _) =>
        {
            meter.Refused();
            return new ValueTask(Failures.WriteAsync(rejected.HttpContext, StatusCodes.Status429TooManyRequests, Failures.Words(StatusCodes.Status429TooManyRequests)));
        };
    }

    private static RateLimitPartition<string> Limited(string kind, int permits, int queue)
        => RateLimitPartition.GetConcurrencyLimiter(kind, _ => new ConcurrencyLimiterOptions { PermitLimit = permits, QueueLimit = queue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    // A body that trickles in keeps others with a body waiting, not those without.
    private static string Kind(HttpRequest request) => Kind(request.Path, HttpMethods.IsPost(request.Method));

    private static string Kind(PathString path, bool hasBody)
        => path.StartsWithSegments("/thumb", StringComparison.Ordinal) || path.StartsWithSegments("/picture", StringComparison.Ordinal) ? "pictures"
        : path == "/api/duplicates" || path == "/api/map" ? "groups"
        : path.StartsWithSegments("/api", StringComparison.Ordinal) || path.StartsWithSegments("/v1", StringComparison.Ordinal) ? hasBody ? "bodies" : "api"
        : "";
}
