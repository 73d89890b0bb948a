using System.Runtime.ExceptionServices;
using NClip.Foundation;
using NClip.Images;
using NClip.Inference;

namespace NClip;

/// <content>Pictures to tensors, and to features.</content>
public sealed partial class Clip
{
    private const int Held = 64; // pictures whose pixels are held at once, where the batch is not larger

    /// <summary>Reads pictures as the model wants them: [N, 3, H, W], or patches.</summary>
    /// <exception cref="ImageException">A file is not a picture that can be read; the message names it.</exception>
    public ImageBatch Preprocess(params IReadOnlyList<string> files) => Preprocess(files, CancellationToken.None);

    /// <summary>Reads pictures as the model wants them: [N, 3, H, W], or patches.</summary>
    /// <exception cref="ImageException">A file is not a picture that can be read; the message names it.</exception>
    public ImageBatch Preprocess(IReadOnlyList<string> files, CancellationToken cancellationToken) => Preprocess(Inputs(files), cancellationToken);

    /// <summary>Reads pictures, from wherever they come, as the model wants them: [N, 3, H, W], or patches.</summary>
    /// <exception cref="ImageException">A picture cannot be read; the message gives its name or its place in the list.</exception>
    public ImageBatch Preprocess(params IReadOnlyList<ImageInput> pictures) => Preprocess(pictures, CancellationToken.None);

    /// <summary>Reads pictures, from wherever they come, as the model wants them: [N, 3, H, W], or patches.</summary>
    /// <exception cref="ImageException">A picture cannot be read; the message gives its name or its place in the list.</exception>
    /// <exception cref="ArgumentException">They are more than one array holds.</exception>
    public ImageBatch Preprocess(IReadOnlyList<ImageInput> pictures, CancellationToken cancellationToken)
    {
        _model.ThrowIfDisposed();
        var count = Given.All(pictures, "picture", "pictures").Count;
        if ((long)count * _images.Length > Array.MaxLength)
            throw new ArgumentException(FormattableString.Invariant($"{count} pictures have {(long)count * _images.Length} values for this model; one batch holds {Array.MaxLength}. Give fewer at a time, or use {nameof(EncodeImagesAsync)}."));
        return Preprocess(pictures, 0, count, cancellationToken);
    }

    /// <summary>Features [N, D] of preprocessed pictures, not normalised (openai/CLIP's encode_image).</summary>
    public Matrix EncodeImage(ImageBatch images, CancellationToken cancellationToken = default)
    {
        var features = _model.EncodeImages(Given.One(images, "batch of pictures"), cancellationToken);
        return new Matrix(images.Count, Spec.EmbedDim, features);
    }

    /// <summary>Features [N, D] of pictures, not normalised. The first file that cannot be read ends the call; <see cref="EncodeImagesAsync(IEnumerable{string}, CancellationToken)"/> goes on.</summary>
    /// <exception cref="ImageException">A file is not a picture that can be read.</exception>
    public Matrix EncodeImage(params IReadOnlyList<string> files) => EncodeImage(files, CancellationToken.None);

    /// <summary>Features [N, D] of pictures, not normalised. The first file that cannot be read ends the call; <see cref="EncodeImagesAsync(IEnumerable{string}, CancellationToken)"/> goes on.</summary>
    /// <exception cref="ImageException">A file is not a picture that can be read.</exception>
    public Matrix EncodeImage(IReadOnlyList<string> files, CancellationToken cancellationToken) => EncodeImage(Inputs(files), cancellationToken);

    /// <summary>Features [N, D] of pictures from wherever they come, not normalised. The first that cannot be read ends the call.</summary>
    /// <exception cref="ImageException">A picture cannot be read; the message gives its name or its place in the list.</exception>
    public Matrix EncodeImage(params IReadOnlyList<ImageInput> pictures) => EncodeImage(pictures, CancellationToken.None);

    /// <summary>Features [N, D] of pictures from wherever they come, not normalised. The first that cannot be read ends the call.</summary>
    /// <exception cref="ImageException">A picture cannot be read; the message gives its name or its place in the list.</exception>
    public Matrix EncodeImage(IReadOnlyList<ImageInput> pictures, CancellationToken cancellationToken)
    {
        var (count, d) = (Given.All(pictures, "picture", "pictures").Count, Spec.EmbedDim);
        var features = new float[Matrix.Length(count, d)];
        var piece = _options.BatchSize * Math.Max(1, Held / _options.BatchSize); // whole batches: the features are those of one call
        for (var i = 0; i < count; i += piece)
        {
            var batch = Preprocess(pictures, i, Math.Min(piece, count - i), cancellationToken);
            _model.EncodeImages(batch, cancellationToken).CopyTo(features, i * d);
        }
        return new Matrix(count, d, features);
    }

    /// <summary>
    /// Features of many pictures, in their order: the next batch is decoded and resized while the tower works on this one.
    /// A picture that cannot be read, for whatever reason, comes with its error; the others go on.
    /// </summary>
    public IAsyncEnumerable<EncodedImage> EncodeImagesAsync(IEnumerable<string> files, CancellationToken cancellationToken = default)
        => EncodeImagesAsync(Given.One(files, "list of files").Select(f => (ImageInput)f), cancellationToken);

    /// <summary>As the other, for pictures from wherever they come.</summary>
    public IAsyncEnumerable<EncodedImage> EncodeImagesAsync(IEnumerable<ImageInput> pictures, CancellationToken cancellationToken = default)
    {
        _model.ThrowIfDisposed();
        return new ImageFeed(_images, b => _model.EncodeImages(b, cancellationToken), _options.BatchSize, Threads).EncodeAsync(Given.One(pictures, "list of pictures"), cancellationToken);
    }

    private static ImageInput[] Inputs(IReadOnlyList<string> files) => [.. Given.All(files, "file", "files").Select(f => (ImageInput)f)];

    private ImageBatch Preprocess(IReadOnlyList<ImageInput> pictures, int first, int count, CancellationToken cancellationToken)
    {
        var (size, sizes) = (_images.Length, new PictureSize[count]);
        var pixels = new float[count * size];
        var errors = new Exception?[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Threads, CancellationToken = cancellationToken }, (i, loop) =>
        {
            try
            {
                sizes[i] = pictures[first + i].Read(_images, pixels.AsSpan(i * size, size), first + i);
            }
            catch (Exception e)
            {
                errors[i] = e;
                loop.Break(); // those before it are still read: the first that fails is the one to tell
            }
        });
        if (Array.Find(errors, e => e is not null) is { } failed) ExceptionDispatchInfo.Throw(failed);
        return _images.Batch(pixels, sizes);
    }
}
