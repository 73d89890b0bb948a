namespace NClip;

/// <summary>The size of a picture as a tower sees it.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public readonly record struct PictureSize(int Width, int Height);

/// <summary>Preprocessed pictures: float32 [N, 3, H, W]; for a model that takes patches [N, L, H, W, 3], the patches of a picture row by row and zeros behind them.</summary>
/// <param name="Pixels">Row-major values, normalised as the model wants.</param>
/// <param name="Count">N.</param>
/// <param name="Height">H in pixels, of the pictures or of a patch.</param>
/// <param name="Width">W in pixels, of the pictures or of a patch.</param>
public sealed record ImageBatch(ReadOnlyMemory<float> Pixels, int Count, int Height, int Width)
{
    /// <summary>The size of each picture, where they are patches; else null.</summary>
    public IReadOnlyList<PictureSize>? Sizes { get; init; }
}

/// <summary>Tokenized texts: int64 [N, context length].</summary>
/// <param name="Ids">Row-major token ids, with start and end token and padding.</param>
/// <param name="Count">N.</param>
/// <param name="ContextLength">Tokens in a row.</param>
public sealed record TokenBatch(ReadOnlyMemory<long> Ids, int Count, int ContextLength);

/// <summary>Features of one picture of a stream, or the reason why it has none.</summary>
/// <param name="File">The file as it was given, the name given with bytes or a stream, or "picture 3" by its place.</param>
/// <param name="Features">Unnormalised features [D]; empty where <paramref name="Error"/> is set.</param>
/// <param name="Error">Why the picture could not be read or encoded, or null.</param>
public sealed record EncodedImage(string File, ReadOnlyMemory<float> Features, ClipException? Error);
