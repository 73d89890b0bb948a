using NClip.Search;
using NClip.Server.Galleries;

namespace NClip.Server.Api;

/// <summary>A picture that was found.</summary>
/// <param name="Id">For /thumb, /picture, /api/pictures and like=.</param>
/// <param name="File">Its path.</param>
/// <param name="Score">Cosine of query and picture.</param>
/// <param name="Width">Pixels across, upright.</param>
/// <param name="Height">Pixels down, upright.</param>
internal sealed record FoundPicture(string Id, string File, float? Score, int? Width, int? Height)
{
    public static FoundPicture Of(string file, PictureFacts facts, float? score = null)
    {
        var size = PictureSizes.Upright(facts);
        return new(Catalog.IdOf(file), file, score, size?.Width, size?.Height);
    }
}

/// <summary>The answer of a search, best first.</summary>
/// <param name="Results">The pictures.</param>
/// <param name="Threshold">The score above which pictures stand out in this gallery; null where that is not known.</param>
internal sealed record SearchAnswer(IReadOnlyList<FoundPicture> Results, double? Threshold);

/// <summary>A part of all pictures, by path.</summary>
internal sealed record PicturesAnswer(int Total, int Offset, IReadOnlyList<FoundPicture> Pictures);

/// <summary>What is known of a picture; what its file does not say is left out.</summary>
internal sealed record PictureDetails(string Id, string File, long? Bytes, int? Width, int? Height, DateTime? Taken, string? Camera, double? Latitude, double? Longitude, int Orientation, string? Caption);

/// <summary>The state of the gallery and its server.</summary>
internal sealed record StatusAnswer(string Version, string Model, int Dimension, int Pictures, int Failed, IReadOnlyList<string> Folders, double? Threshold);

/// <summary>Groups of pictures that show the same.</summary>
internal sealed record DuplicatesAnswer(int Total, IReadOnlyList<DuplicateAnswer> Groups);

/// <summary>Pictures that show the same: the one to keep, why, and the others.</summary>
internal sealed record DuplicateAnswer(FoundPicture Keep, string Reason, IReadOnlyList<DuplicateOther> Others);

/// <summary>One of the others.</summary>
internal sealed record DuplicateOther(FoundPicture Picture, float Score, bool IsCopy);

/// <summary>The map: neighbours are alike.</summary>
internal sealed record MapAnswer(int Columns, int Rows, IReadOnlyList<PlacedPicture> Places);

/// <summary>A picture on it.</summary>
internal sealed record PlacedPicture(string Id, string File, int Column, int Row);

/// <summary>What to embed: texts, and pictures as base64 of their files.</summary>
internal sealed record EmbedRequest(IReadOnlyList<string>? Texts, IReadOnlyList<string>? Images);

/// <summary>Unit vectors.</summary>
internal sealed record EmbedAnswer(string Model, int Dimension, IReadOnlyList<float[]>? Texts, IReadOnlyList<float[]>? Images);

/// <summary>What to classify: a picture as base64 of its file, or the id of one of the gallery, among labels.</summary>
internal sealed record ClassifyRequest(string? Image, string? Id, IReadOnlyList<string>? Labels);

/// <summary>The labels, best first.</summary>
internal sealed record ClassifyAnswer(IReadOnlyList<Prediction> Predictions);

/// <summary>A label and its score.</summary>
internal sealed record Prediction(string Label, float Score, float Cosine);
