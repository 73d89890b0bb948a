using System.Net;
using Microsoft.AspNetCore.Http;

namespace NClip.Server.Guards;

/// <summary>
/// Refuses what another page's script could send through a visitor's browser: requests under a name that is not this server's (DNS rebinding), and changes or questions
/// with a body that come from another origin.
/// </summary>
internal sealed class HostGuard(ServerOptions options)
{
    private static readonly string[] _loopback = ["localhost", "127.0.0.1", "[::1]"];

    private readonly HashSet<string> _names = new([.. _loopback, .. options.Hosts ?? []], StringComparer.OrdinalIgnoreCase);

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!IsOurs(request.Host.Host))
            throw new RefusedException(StatusCodes.Status421MisdirectedRequest, "host", $"this server does not answer under the name '{request.Host.Host}'. Ask by its address, or start it with --host {request.Host.Host}.");
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !IsSameOrigin(request))
            throw new RefusedException(StatusCodes.Status403Forbidden, "origin", "this request comes from a page of another origin.");
        return next(context);
    }

    // A name must be looked up, and whoever answers for it may send it anywhere; an address cannot.
    private bool IsOurs(string host) => _names.Contains(host) || (!options.Url.IsLoopback && IPAddress.TryParse(host.Trim('[', ']'), out _));

    // Browsers send both; other programs send neither.
    private static bool IsSameOrigin(HttpRequest request)
        => request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none"
        && request.Headers.Origin.ToString() is var origin && (origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)));
}
