using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NClip.Search;
using NClip.Server.Api;
using NClip.Server.Guards;
using NClip.Server.Towers;

namespace NClip.Server.OpenAi;

/// <summary>OpenAI's embeddings, so that programs written for them run against this server.</summary>
internal static class EmbeddingsApi
{
    private static readonly long _created = new DateTimeOffset(File.GetLastWriteTimeUtc(typeof(EmbeddingsApi).Assembly.Location)).ToUnixTimeSeconds();

    public static void Map(IEndpointRouteBuilder app, Gallery gallery, Clip clip, Encoder encoder, ServerOptions options)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(gallery.Model!.Shown)) is { Length: > 0 } last && Path.IsPathRooted(gallery.Model.Shown) ? last : gallery.Model.Shown;
        var facts = new ModelFacts(name, "model", _created, "nclip");
        app.MapGet("/v1/models", () => new ModelsAnswer("list", [facts])).WithSummary("The model, as OpenAI lists models.");
        app.MapGet("/v1/models/{**model}", (string model) => model == name ? facts : throw Unknown(model, name)).WithSummary("The model by its name.");
        app.MapPost("/v1/embeddings", async (HttpContext http) =>
        {
            var stop = http.RequestAborted;
            var request = await Inputs.JsonAsync<EmbeddingsRequest>(http.Request, stop).ConfigureAwait(false);
            if (request.Model is { } wanted && wanted != name) throw Unknown(wanted, name);
            if (request.Dimensions is { } d && d != clip.Spec.EmbedDim) throw RefusedException.Bad(FormattableString.Invariant($"dimensions is {d}; {name} has {clip.Spec.EmbedDim}, and its vectors cannot be cut. Leave it out."), "dimensions");
            if (request.EncodingFormat is not (null or "float" or "base64")) throw RefusedException.Bad($"encoding_format is '{request.EncodingFormat}'; it must be float or base64.", "encoding_format");
            var input = EmbeddingsInput.Of(request.Input, options.MaxInputs);
            var texts = await encoder.TextsAsync(input.Texts, stop).ConfigureAwait(false);
            var pictures = await encoder.PicturesAsync(input.Pictures, stop).ConfigureAwait(false);
            var tokens = encoder.Tokens(input.Texts);
            return new EmbeddingsAnswer("list", [.. input.InOrder(texts, pictures).Select((f, i) => new EmbeddingRow("embedding", Written(Inputs.Unit(f), request.EncodingFormat), i))], name, new EmbeddingsUsage(tokens, tokens));
        }).WithSummary("Unit vectors, as OpenAI's endpoint gives them; pictures as data: addresses or {\"image\": BASE64}.").Accepts<EmbeddingsRequest>("application/json");
    }

    private static object Written(float[] vector, string? format) => format == "base64" ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)) : vector;

    private static RefusedException Unknown(string wanted, string name) => new(404, "model_not_found", $"there is no model '{wanted}' here; there is '{name}'.", "model");
}
