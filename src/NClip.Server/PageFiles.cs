using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace NClip.Server;

/// <summary>The page: a few files within the program, and nothing from elsewhere.</summary>
internal static class PageFiles
{
    private static readonly Dictionary<string, string> _types = new() { [".html"] = "text/html; charset=utf-8", [".css"] = "text/css; charset=utf-8", [".js"] = "text/javascript; charset=utf-8", [".svg"] = "image/svg+xml" };

    public static void Map(IEndpointRouteBuilder app)
    {
        const string Folder = "page/";
        foreach (var resource in typeof(PageFiles).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var stream = typeof(PageFiles).Assembly.GetManifestResourceStream(resource)!;
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var (bytes, name) = (copy.ToArray(), resource[Folder.Length..]);
            var (mark, type) = ($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..8])}\"", _types[Path.GetExtension(name)]);
            app.MapMethods(name == "index.html" ? "/" : $"/page/{name}", [HttpMethods.Get, HttpMethods.Head], (HttpContext http) => Answer(http, bytes, mark, type)).ExcludeFromDescription();
        }
    }

    private static IResult Answer(HttpContext http, byte[] bytes, string mark, string type)
    {
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers.ETag = mark;
        return http.Request.Headers.IfNoneMatch == mark ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(bytes, type);
    }
}
