using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NClip.Server.Guards;

/// <summary>The key: as <c>Authorization: Bearer KEY</c>, or in a browser as the cookie that <c>POST /api/session</c> gives for it, since pictures of a page carry no header. Compared in constant time.</summary>
internal sealed class KeyGuard(string? key)
{
    private const string Cookie = "nclip-session";

    private readonly byte[]? _key = key is null ? null : Hash(key);
    private readonly string? _session = key is null ? null : Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), "nclip page"u8));

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (_key is null || IsOpen(context.Request)) return next(context);
        var header = context.Request.Headers.Authorization.ToString();
        var byHeader = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && Same(_key, Hash(header[7..].Trim()));
        if (!byHeader && !(context.Request.Cookies.TryGetValue(Cookie, out var cookie) && Same(Hash(_session!), Hash(cookie))))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Failures.WriteAsync(context, StatusCodes.Status401Unauthorized, Failures.Words(StatusCodes.Status401Unauthorized));
        }
        if (byHeader && context.Request.Path == "/api/session")
            context.Response.Cookies.Append(Cookie, _session!, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", Secure = context.Request.IsHttps });
        return next(context);
    }

    // The page itself says nothing of the gallery; it asks for the key.
    private static bool IsOpen(HttpRequest request)
        => request.Path == "/healthz" || request.Path == "/readyz" || ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && (request.Path == "/" || request.Path.StartsWithSegments("/page", StringComparison.Ordinal)));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static bool Same(byte[] a, byte[] b) => CryptographicOperations.FixedTimeEquals(a, b);
}
