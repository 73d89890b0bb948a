using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NClip.Search;
using NClip.Server.Galleries;
using NClip.Server.Guards;
using NClip.Server.Towers;
using NClip.ZeroShot;

namespace NClip.Server.Api;

/// <summary>The model itself: vectors of texts and pictures, and which label fits.</summary>
internal static class EmbedApi
{
    private const int Labels = 1000;

    public static void Map(IEndpointRouteBuilder app, Gallery gallery, Clip clip, Encoder encoder, Catalog catalog, PictureStore files, ServerOptions options)
    {
        app.MapPost("/api/embed", async (HttpContext http) =>
        {
            var request = await Inputs.JsonAsync<EmbedRequest>(http.Request, http.RequestAborted).ConfigureAwait(false);
            var (texts, images) = (request.Texts ?? [], request.Images ?? []);
            Inputs.Count(texts.Count + images.Count, options.MaxInputs, "texts");
            var pictures = images.Select(i => (ReadOnlyMemory<byte>)Inputs.Picture(i ?? "", "images")).ToArray();
            var ofTexts = texts.Count == 0 ? null : await encoder.TextsAsync(texts, http.RequestAborted).ConfigureAwait(false);
            var ofPictures = pictures.Length == 0 ? null : await encoder.PicturesAsync(pictures, http.RequestAborted).ConfigureAwait(false);
            return new EmbedAnswer(gallery.Model!.Shown, clip.Spec.EmbedDim, ofTexts?.Select(Inputs.Unit).ToArray(), ofPictures?.Select(Inputs.Unit).ToArray());
        }).WithSummary("Unit vectors of texts, and of pictures (base64 of their files).").Accepts<EmbedRequest>("application/json");
        app.MapPost("/api/classify", async (HttpContext http) =>
        {
            var request = await Inputs.JsonAsync<ClassifyRequest>(http.Request, http.RequestAborted).ConfigureAwait(false);
            var labels = request.Labels ?? [];
            if (labels.Count is 0 or > Labels || labels.Any(l => string.IsNullOrWhiteSpace(l) || l.Length > 500)) throw RefusedException.Bad(FormattableString.Invariant($"labels must be 1..{Labels} words or phrases."), "labels");
            ReadOnlyMemory<byte> picture = (request.Image, request.Id) switch
            {
                ({ } image, null) => Inputs.Picture(image, "image"),
                (null, { } id) => await files.ReadAsync(catalog.Get(id, http.RequestAborted), http.RequestAborted).ConfigureAwait(false),
                _ => throw RefusedException.Bad("give either image (base64 of a file) or id (of a picture of the gallery).", "image"),
            };
            var features = (await encoder.PicturesAsync([picture], http.RequestAborted).ConfigureAwait(false))[0];
            var classifier = await Task.Run(() => clip.CreateClassifier([.. labels.Select(l => new LabelClass(l))], cancellationToken: http.RequestAborted), http.RequestAborted).ConfigureAwait(false);
            return new ClassifyAnswer([.. classifier.Classify(features).Ranked.Select(r => new Prediction(r.Label, r.Score, r.Cosine))]);
        }).WithSummary("Which of the labels fits a picture.").Accepts<ClassifyRequest>("application/json");
    }
}
