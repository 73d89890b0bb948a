using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using NClip.Search;
using NClip.Server.Galleries;
using NClip.Server.Guards;

namespace NClip.Server.Api;

/// <summary>Pictures by id: list, facts, small copies, the files.</summary>
internal static class PictureApi
{
    private const int Page = 1000;

    // What browsers show as a picture and never run.
    private static readonly Dictionary<string, string> _types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".jpe"] = "image/jpeg",
        [".jfif"] = "image/jpeg",
        [".png"] = "image/png",
        [".webp"] = "image/webp",
        [".gif"] = "image/gif",
        [".bmp"] = "image/bmp",
        [".tif"] = "image/tiff",
        [".tiff"] = "image/tiff",
        [".heic"] = "image/heic",
        [".heif"] = "image/heif",
        [".avif"] = "image/avif",
    };

    public static void Map(IEndpointRouteBuilder app, Catalog catalog, PictureStore files, Thumbnails thumbnails)
    {
        app.MapGet("/api/pictures", (HttpContext http, int? offset, int? count) =>
        {
            var all = catalog.All(http.RequestAborted);
            var (from, most) = (offset ?? 0, count ?? 200);
            if (from < 0 || most is < 1 or > Page) throw RefusedException.Bad(FormattableString.Invariant($"offset is {from} and count {most}; they must be 0 or more, and in 1..{Page}."), "count");
            return new PicturesAnswer(all.Count, from, [.. all.Skip(from).Take(most).Select(p => FoundPicture.Of(p.File, p.Facts))]);
        }).WithSummary("All pictures, by path, a part at a time.");
        app.MapGet("/api/pictures/{id}", (HttpContext http, string id) => Details(id, catalog.Get(id, http.RequestAborted))).WithSummary("What a picture's file says of itself.");
        app.MapGet("/thumb/{id}", async (HttpContext http, string id, int? size) =>
        {
            var side = size ?? Thumbnails.Sides[0];
            if (!Thumbnails.Sides.Contains(side)) throw RefusedException.Bad($"size is {side}; it must be {string.Join(" or ", Thumbnails.Sides)}.", "size");
            var (mark, jpeg) = await thumbnails.GetAsync(catalog.Get(id, http.RequestAborted), side, http.Request.Headers.IfNoneMatch.ToString().Trim('"'), http.RequestAborted).ConfigureAwait(false);
            http.Response.Headers.ETag = $"\"{mark}\"";
            http.Response.Headers.CacheControl = "private, max-age=60";
            return jpeg is null ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(jpeg, "image/jpeg");
        }).WithSummary("A small copy as JPEG: size 320 or 1280 pixels.");
        app.MapGet("/picture/{id}", (HttpContext http, string id) => Original(http, files.Open(catalog.Get(id, http.RequestAborted)))).WithSummary("The file itself.");
    }

    private static IResult Original(HttpContext http, FileStream file)
    {
        http.Response.Headers.CacheControl = "private, max-age=60";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        var tag = new EntityTagHeaderValue(FormattableString.Invariant($"\"{file.Length:x}-{File.GetLastWriteTimeUtc(file.SafeFileHandle).Ticks:x}\""));
        return _types.TryGetValue(Path.GetExtension(file.Name), out var type)
            ? Results.Stream(file, type, null, null, tag, enableRangeProcessing: true)
            : Results.Stream(file, "application/octet-stream", $"picture{Path.GetExtension(file.Name)}", null, tag, enableRangeProcessing: true);
    }

    private static PictureDetails Details(string id, GalleryPicture p)
    {
        var size = PictureSizes.Upright(p.Facts);
        return new(id, p.File, p.Bytes > 0 ? p.Bytes : null, size?.Width, size?.Height, p.Facts.Taken, p.Facts.Camera, p.Facts.Latitude, p.Facts.Longitude, p.Facts.Orientation, p.Facts.Caption);
    }
}
