using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using NClip.Server.Guards;

namespace NClip.Server.Api;

/// <summary>Bodies of requests.</summary>
internal static class Inputs
{
    /// <summary>A JSON body. Only as application/json: a page of another origin cannot send that without being asked for.</summary>
    public static async Task<T> JsonAsync<T>(HttpRequest request, CancellationToken cancellation) where T : class
    {
        if (!request.HasJsonContentType()) throw new RefusedException(415, "unsupported_media_type", "the body must be JSON, with Content-Type: application/json.");
        if (MediaTypeHeaderValue.Parse(request.ContentType).Charset is { Length: > 0 } charset && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
            throw new RefusedException(415, "unsupported_media_type", $"the body's charset is {charset}; JSON must be utf-8.");
        return await request.ReadFromJsonAsync<T>(cancellation).ConfigureAwait(false) ?? throw RefusedException.Bad("the body is null; an object is expected.");
    }

    /// <summary>A body that is a picture's file.</summary>
    public static async Task<byte[]> PictureAsync(HttpRequest request, CancellationToken cancellation)
    {
        var type = request.ContentType ?? "";
        if (!type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) && type != "application/octet-stream")
            throw new RefusedException(415, "unsupported_media_type", "the body must be a picture's file, with Content-Type: image/jpeg, image/png, ... or application/octet-stream.");
        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes, cancellation).ConfigureAwait(false);
        return bytes.Length > 0 ? bytes.ToArray() : throw RefusedException.Bad("the body is empty; a picture's file is expected.");
    }

    /// <summary>A picture's file as base64, or as a data: address of it.</summary>
    public static byte[] Picture(string text, string parameter)
    {
        var base64 = text;
        if (text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            var comma = text.IndexOf(',', StringComparison.Ordinal);
            if (comma < 0 || !text[..comma].EndsWith(";base64", StringComparison.OrdinalIgnoreCase)) throw RefusedException.Bad("a data: address of a picture must be base64, as in data:image/png;base64,....", parameter);
            base64 = text[(comma + 1)..];
        }
        else if (text.StartsWith("http:", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https:", StringComparison.OrdinalIgnoreCase) || text.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            throw RefusedException.Bad("this server fetches nothing: send the picture itself, as data:image/...;base64,... or base64.", parameter);
        var utf8 = Encoding.ASCII.GetBytes(base64);
        if (!Base64.IsValid(utf8, out var length) || length == 0) throw RefusedException.Bad("a picture is not base64 of a file.", parameter);
        return Convert.FromBase64String(base64);
    }

    /// <summary>Refuses more texts and pictures than one request may have, and none at all.</summary>
    public static void Count(int count, int most, string parameter)
    {
        if (count == 0) throw RefusedException.Bad("there is nothing to embed.", parameter);
        if (count > most) throw RefusedException.Bad(FormattableString.Invariant($"{count} texts and pictures; one request may have {most}."), parameter);
    }

    /// <summary>The same vector at length one.</summary>
    public static float[] Unit(float[] features) => new Matrix(1, features.Length, features).Normalized().ToArray();
}
