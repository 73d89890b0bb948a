using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NClip.Cli.Searching;
using NClip.Search;
using NClip.Server.Galleries;
using NClip.Server.Guards;
using NClip.Server.Towers;

namespace NClip.Server.Api;

/// <summary>Search by words, by a picture that is sent, by pictures of the gallery.</summary>
internal static class SearchApi
{
    private const double Unlike = -0.5; // less than what is asked for, or the answer is whatever is least like it
    private const int Examples = 16;

    public static void Map(IEndpointRouteBuilder app, SearchQueue queue, Encoder encoder, Catalog catalog, PictureStore files, ServerOptions options)
    {
        var search = new Searches(queue, encoder, catalog, files, options);
        app.MapGet("/api/search", async (HttpContext http, string? q, [FromQuery] string[]? like, [FromQuery] string[]? unlike, int? top, double? threshold, string? after, string? before, string? path, string? near, string? size, string? caption) =>
                await search.AnswerAsync(q, null, like ?? [], unlike ?? [], top, threshold, Filter(after, before, path, near, size, caption), http.RequestAborted).ConfigureAwait(false))
            .WithSummary("The best pictures for words (\"dog\" - 0.5 * \"people\"), and for pictures of the gallery by id: like, unlike.");
        app.MapPost("/api/search", async (HttpContext http, string? q, [FromQuery] string[]? like, [FromQuery] string[]? unlike, int? top, double? threshold, string? after, string? before, string? path, string? near, string? size, string? caption) =>
                await search.AnswerAsync(q, await Inputs.PictureAsync(http.Request, http.RequestAborted).ConfigureAwait(false), like ?? [], unlike ?? [], top, threshold, Filter(after, before, path, near, size, caption), http.RequestAborted).ConfigureAwait(false))
            .WithSummary("The same with a picture's file as body: pictures like it.").Accepts<byte[]>("image/*", "application/octet-stream");
    }

    private static SearchFilter Filter(string? after, string? before, string? path, string? near, string? size, string? caption) => new(
        Read("after", after, FilterOptions.Date, "a date as in 2024, 2024-05-17 or 2024-05-17T18:30"),
        Read("before", before, FilterOptions.Date, "a date as in 2024, 2024-05-17 or 2024-05-17T18:30"),
        string.IsNullOrEmpty(path) ? null : Short("path", path),
        string.IsNullOrEmpty(near) ? null : FilterOptions.Place(near) ?? throw RefusedException.Bad("near must be degrees north, degrees east and kilometres, as in 48.86,2.35,5.", "near"),
        Read("size", size, FilterOptions.Size, "width and height in pixels, as in 1920x1080"))
    { Caption = string.IsNullOrWhiteSpace(caption) ? null : Short("caption", caption) };

    private static string Short(string name, string text) => text.Length <= 1024 ? text : throw RefusedException.Bad($"{name} has more than 1024 characters.", name);

    private static T? Read<T>(string name, string? text, Func<string, T?> read, string expected) where T : struct
        => string.IsNullOrEmpty(text) ? null : read(text) ?? throw RefusedException.Bad($"{name} must be {expected}.", name);

    private sealed class Searches(SearchQueue queue, Encoder encoder, Catalog catalog, PictureStore files, ServerOptions options)
    {
        public async Task<SearchAnswer> AnswerAsync(string? words, byte[]? picture, string[] like, string[] unlike, int? top, double? threshold, SearchFilter filter, CancellationToken stop)
        {
            if (top is { } k && (k < 1 || k > options.MaxTop)) throw RefusedException.Bad(FormattableString.Invariant($"top is {k}; it must be in 1..{options.MaxTop}."), "top");
            if (threshold is { } s && !(s is >= -1 and <= 1)) throw RefusedException.Bad("threshold must be in -1..1.", "threshold");
            if (like.Length + unlike.Length > Examples) throw RefusedException.Bad(FormattableString.Invariant($"like and unlike name {like.Length + unlike.Length} pictures; {Examples} are taken."), "like");
            IReadOnlyList<QueryTerm> texts = string.IsNullOrWhiteSpace(words) ? [] : Parsed(words);
            ReadOnlyMemory<byte>[] pictures =
            [
                .. picture is null ? [] : new ReadOnlyMemory<byte>[] { picture },
                .. await Task.WhenAll(like.Concat(unlike).Select(async id => (ReadOnlyMemory<byte>)await files.ReadAsync(catalog.Get(id, stop), stop).ConfigureAwait(false))).ConfigureAwait(false),
            ];
            if (texts.Count + pictures.Length == 0) throw RefusedException.Bad("there is nothing to look for. Give q, like, or a picture as the body of a POST.", "q");
            var (ofTexts, ofPictures) = (encoder.TextsAsync([.. texts.Select(t => t.Text!)], stop), encoder.PicturesAsync(pictures, stop));
            await Task.WhenAll(ofTexts, ofPictures).ConfigureAwait(false);
            double[] weights = [.. texts.Select(t => t.Weight), .. Enumerable.Range(0, pictures.Length).Select(i => i < pictures.Length - unlike.Length ? 1 : Unlike)];
            var query = Sum([.. await ofTexts.ConfigureAwait(false), .. await ofPictures.ConfigureAwait(false)], weights);
            var answer = await queue.SearchAsync(query, top ?? 50, filter, new SearchQuery([.. texts, .. pictures.Select(p => new QueryTerm(1, null, p))]), stop).ConfigureAwait(false);
            return new SearchAnswer([.. answer.Matches.Where(m => threshold is null || m.Score >= threshold).Select(Found)], answer.Threshold);
        }

        private FoundPicture Found(Match m)
        {
            catalog.Note(m);
            return FoundPicture.Of(m.File, m.Facts, m.Score);
        }

        private static IReadOnlyList<QueryTerm> Parsed(string words)
        {
            try { return SearchQuery.ParseTexts(words) is { Terms.Count: <= Examples } q ? q.Terms : throw RefusedException.Bad(FormattableString.Invariant($"q has more than {Examples} parts."), "q"); }
            catch (SearchException e) { throw RefusedException.Bad(e.Message, "q"); }
        }

        // The sum of unit features with their weights, as SearchQuery.Encode has it.
        private static Matrix Sum(float[][] features, double[] weights)
        {
            var sum = new float[features[0].Length];
            foreach (var (n, f) in features.Index())
            {
                var unit = Inputs.Unit(f);
                for (var i = 0; i < sum.Length; i++) sum[i] += (float)weights[n] * unit[i];
            }
            return new Matrix(1, sum.Length, sum);
        }
    }
}
