namespace NClip.Images;

/// <summary>How a picture is fitted to the tower's input.</summary>
public enum ResizeMode
{
    /// <summary>Short side to the size, then centre crop (openai/CLIP).</summary>
    Shortest,

    /// <summary>Both sides to the size, the aspect ratio is ignored (SigLIP).</summary>
    Squash,

    /// <summary>Long side to the size, the rest is padded.</summary>
    Longest,
}

/// <summary>Resampling filter.</summary>
public enum Interpolation { Bicubic, Bilinear }

/// <summary>Whether decoded pixels are resized in the file's own mode or as RGB.</summary>
public enum PipelineFlavour
{
    /// <summary>openai/CLIP and open_clip: resize in the picture's own mode, then RGB; the crop's offset is rounded half to even.</summary>
    OpenAI,

    /// <summary>transformers' CLIPImageProcessor: RGB first; the crop's offset is rounded down.</summary>
    HuggingFace,
}

/// <summary>What a person sees, or what openai/CLIP does to the bit.</summary>
public enum ImagePolicy
{
    /// <summary>EXIF orientation applied, RGB first, transparency over white, 16 bit reduced, CMYK and ICC handled (default).</summary>
    Natural,

    /// <summary>Bit-equal to the reference: orientation ignored (but that of TIFFs, which Pillow applies), resized in the file's own mode, 16-bit grey is white.</summary>
    Reference,
}

/// <summary>The image preprocessing that belongs to a model.</summary>
/// <param name="Width">Tower input width in pixels.</param>
/// <param name="Height">Tower input height in pixels.</param>
/// <param name="Mean">Mean per channel, of values in 0..1.</param>
/// <param name="Std">Standard deviation per channel.</param>
/// <param name="Resize">How the picture is fitted.</param>
/// <param name="Interpolation">Filter.</param>
/// <param name="Flavour">Whose order of operations.</param>
public sealed record PreprocessSpec(int Width, int Height, float[] Mean, float[] Std, ResizeMode Resize = ResizeMode.Shortest, Interpolation Interpolation = Interpolation.Bicubic, PipelineFlavour Flavour = PipelineFlavour.OpenAI)
{
    /// <summary>Size that pictures are resized to before the tower's input is cut out of their middle, where it is another one; of <see cref="ResizeMode.Shortest"/> the short side's. Null: the input's own.</summary>
    public (int Width, int Height)? ResizedTo { get; init; }

    /// <summary>Mean and standard deviation of OpenAI's training pictures.</summary>
    public static PreprocessSpec OpenAI(int size = 224) => new(size, size, [0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f]);
}
