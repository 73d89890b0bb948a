using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NClip.Cli.Commands;
using NClip.Search;
using NClip.Server.Galleries;
using NClip.Server.Guards;

namespace NClip.Server.Api;

/// <summary>What compares all pictures: duplicates, the map.</summary>
internal static class GroupApi
{
    private const int Shown = 1000;
    private const int MostOnMap = 2000;
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(10);

    public static void Map(IEndpointRouteBuilder app, GroupCache groups)
    {
        app.MapGet("/api/duplicates", async (HttpContext http, double? threshold, int? top) =>
        {
            if (threshold is { } t && !(t is >= 0.5 and <= 1)) throw RefusedException.Bad("threshold must be in 0.5..1.", "threshold");
            if (top is { } k && k is < 1 or > Shown) throw RefusedException.Bad(FormattableString.Invariant($"top must be in 1..{Shown}."), "top");
            var found = await groups.DuplicatesAsync((float)(threshold ?? DuplicatesCommand.Same), http.RequestAborted).ConfigureAwait(false);
            return new DuplicatesAnswer(found.Count, [.. found.Take(top ?? 200).Select(g => new DuplicateAnswer(Picture(groups, g.Keep), g.Reason, [.. g.Others.Take(Shown).Select(o => new DuplicateOther(Picture(groups, o.File), o.Score, o.IsCopy))]))]);
        }).WithSummary("Groups of pictures that show the same, largest first: the one to keep, why, and the others. Deletes nothing.").WithRequestTimeout(_limit);
        app.MapGet("/api/map", async (HttpContext http, int? most) =>
        {
            if (most is { } m && m is < 1 or > MostOnMap) throw RefusedException.Bad(FormattableString.Invariant($"most must be in 1..{MostOnMap}."), "most");
            var map = await groups.MapAsync(most ?? 1000, http.RequestAborted).ConfigureAwait(false);
            return new MapAnswer(map.Columns, map.Rows, [.. map.Places.Select(p => new PlacedPicture(Catalog.IdOf(p.File), p.File, p.Column, p.Row))]);
        }).WithSummary("A map on which pictures that are alike are neighbours.").WithRequestTimeout(_limit);
    }

    private static FoundPicture Picture(GroupCache groups, string file)
        => groups.Catalog.Known(Catalog.IdOf(file)) is { } p ? FoundPicture.Of(file, p.Facts) : FoundPicture.Of(file, new PictureFacts());
}
