using Microsoft.AspNetCore.Http;

namespace NClip.Server.Guards;

/// <summary>What browsers are told with every answer: nothing from elsewhere, nothing in a frame, no guessing of types, no address to other sites.</summary>
internal static class SecurityHeaders
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static Task AddAsync(HttpContext context, RequestDelegate next)
    {
        Set(context.Response);
        return next(context);
    }

    /// <summary>Sets them.</summary>
    public static void Set(HttpResponse response)
    {
        var h = response.Headers;
        h.ContentSecurityPolicy = Policy;
        h.XContentTypeOptions = "nosniff";
        h["Referrer-Policy"] = "no-referrer";
        h["Cross-Origin-Resource-Policy"] = "same-origin";
        h["Cross-Origin-Opener-Policy"] = "same-origin";
        h["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        h.XFrameOptions = "DENY";
    }
}
