using Microsoft.Extensions.AI;
using NClip.Foundation;

namespace NClip.Extensions;

/// <summary>
/// A CLIP as Microsoft.Extensions.AI knows embedding models: texts and pictures become vectors of one space, of length 1 unless asked otherwise,
/// so that a dot product is the cosine. Thread-safe. The model stays its owner's: disposing this does not dispose it.
/// </summary>
/// <param name="clip">The model.</param>
/// <param name="modelId">Name that results carry.</param>
/// <param name="normalize">Divide each vector by its length. Default: yes.</param>
public sealed class ClipEmbeddingGenerator(Clip clip, string? modelId = null, bool normalize = true)
    : IEmbeddingGenerator<string, Embedding<float>>, IEmbeddingGenerator<DataContent, Embedding<float>>
{
    // Inputs held in memory at once; the towers split further by their own batch size.
    private const int Piece = 64;

    private readonly Clip _clip = Given.One(clip, "model");
    private readonly EmbeddingGeneratorMetadata _metadata = new("NClip", null, modelId, Given.One(clip, "model").Spec.EmbedDim);

    /// <summary>Embeddings of texts, in their order.</summary>
    /// <param name="values">The texts.</param>
    /// <param name="options">Dimensions, where given, must be the model's.</param>
    /// <param name="cancellationToken">Stops between and inside batches.</param>
    /// <exception cref="Text.ContextOverflowException">A text is too long and the model's options say throw.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(Given.One(values, "list of texts"), texts => _clip.EncodeText(texts, cancellationToken), options, cancellationToken);

    /// <summary>Embeddings of encoded pictures (JPEG, PNG, ...), in their order.</summary>
    /// <param name="values">The pictures; a media type other than image or application/octet-stream is refused.</param>
    /// <param name="options">Dimensions, where given, must be the model's.</param>
    /// <param name="cancellationToken">Stops between and inside batches.</param>
    /// <exception cref="ClipException">A content is not a picture that can be read.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<DataContent> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(Given.One(values, "list of pictures").Select(Input), pictures => _clip.EncodeImage(pictures, cancellationToken), options, cancellationToken);

    /// <summary>This generator, its metadata, or the <see cref="Clip"/> behind it.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return _metadata;
        if (serviceType == typeof(Clip)) return _clip;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing: the model belongs to whoever made it.</summary>
    public void Dispose() { }

    // The work is the processor's: it runs on the pool, so that a caller with a screen or a request is not held.
    private Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync<T>(IEnumerable<T> values, Func<IReadOnlyList<T>, Matrix> encode, EmbeddingGenerationOptions? options, CancellationToken cancellationToken)
    {
        if (options?.Dimensions is { } d && d != _clip.Spec.EmbedDim)
            throw new ClipException($"{d} dimensions are asked for; this model's vectors have {_clip.Spec.EmbedDim}. Leave Dimensions unset.");
        return Task.Run(() =>
        {
            var result = new GeneratedEmbeddings<Embedding<float>>();
            foreach (var piece in values.Chunk(Piece))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var features = encode(piece);
                if (normalize) features = features.Normalized();
                for (var i = 0; i < features.Rows; i++)
                    result.Add(new Embedding<float>(features.Row(i).ToArray()) { CreatedAt = DateTimeOffset.UtcNow, ModelId = modelId });
            }
            return result;
        }, cancellationToken);
    }

    private static ImageInput Input(DataContent content, int index) => ImageInput.From(Bytes(Given.One(content, FormattableString.Invariant($"picture {index}"))), FormattableString.Invariant($"picture {index}"));

    private static ReadOnlyMemory<byte> Bytes(DataContent content) => content.HasTopLevelMediaType("image") || content.MediaType == "application/octet-stream"
        ? content.Data
        : throw new ClipException($"a content has the media type '{content.MediaType}'; pictures (image/jpeg, image/png, ...) are expected. For texts, use the generator of strings.");
}
