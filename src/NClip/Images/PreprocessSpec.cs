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

    /// <summary>Both sides to whole patches, as many as the model takes, at the picture's own aspect ratio (NaFlex).</summary>
    Patches,
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
/// <param name="Width">Tower input width in pixels; of a model that takes patches that of the pictures it was made for.</param>
/// <param name="Height">Tower input height in pixels, as the width.</param>
/// <param name="Mean">Mean per channel, of values in 0..1.</param>
/// <param name="Std">Standard deviation per channel.</param>
/// <param name="Resize">How the picture is fitted.</param>
/// <param name="Interpolation">Filter.</param>
/// <param name="Flavour">Whose order of operations.</param>
public sealed record PreprocessSpec(int Width, int Height, float[] Mean, float[] Std, ResizeMode Resize = ResizeMode.Shortest, Interpolation Interpolation = Interpolation.Bicubic, PipelineFlavour Flavour = PipelineFlavour.OpenAI)
{
    /// <summary>Size that pictures are resized to before the tower's input is cut out of their middle, where it is another one; of <see cref="ResizeMode.Shortest"/> the short side's. Null: the input's own.</summary>
    public (int Width, int Height)? ResizedTo { get; init; }

    /// <summary>The patches of <see cref="ResizeMode.Patches"/>; else null.</summary>
    public PatchSpec? Patches { get; init; }

    /// <summary>The same with another number of patches; as it is where that is null.</summary>
    /// <exception cref="ClipException">The model takes pictures of one size.</exception>
    public PreprocessSpec WithMaxPatches(int? most) => most is not { } n ? this
        : Patches is { } p ? this with { Patches = p with { MaxPatches = n } }
        : throw new ClipException($"at most {n} patches a picture were asked for; this model takes pictures of one size, {Width} x {Height}. Leave it out, or name a model that takes patches (NaFlex).");

    /// <summary>Mean and standard deviation of OpenAI's training pictures.</summary>
    public static PreprocessSpec OpenAI(int size = 224) => new(size, size, [0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f]);
}

/// <summary>Pictures of any shape as patches, as many as fit. (Dehghani et al. 2023, NaViT; Tschannen et al. 2025, SigLIP 2)</summary>
/// <param name="Side">Side of a patch in pixels.</param>
/// <param name="MaxPatches">Most patches of one picture, 1..4096.</param>
public sealed record PatchSpec(int Side, int MaxPatches)
{
    // The bisection of transformers' get_image_size_for_max_num_patches ends at this width, and never enlarges more.
    private const double Width = 1e-5, Largest = 100;

    /// <summary>Numbers of one patch: [row, column, channel].</summary>
    internal int Values => 3 * Side * Side;

    /// <summary>Throws where no picture fits, or where one would not fit in an array.</summary>
    /// <exception cref="ClipException">A number is out of its range.</exception>
    internal PatchSpec Validated() => Side is >= 1 and <= 4096 && MaxPatches is >= 1 and <= 4096 && (long)MaxPatches * 3 * Side * Side <= Array.MaxLength
        ? this
        : throw new ClipException($"{MaxPatches} patches of {Side} x {Side} pixels were asked for; sides of 1..4096 and 1..4096 patches were expected, and at most {Array.MaxLength} values in all.");

    /// <summary>The size that a picture is resized to: the largest scale, found by bisection, at which its sides, rounded up to patches, have no more patches than allowed.</summary>
    internal PictureSize SizeOf(int width, int height)
    {
        var (low, high) = (Width / 10, Largest);
        while (high - low >= Width)
        {
            var scale = (low + high) / 2;
            if ((double)Patches(width, scale) * Patches(height, scale) <= MaxPatches) low = scale;
            else high = scale;
        }
        return new(Patches(width, low) * Side, Patches(height, low) * Side);
    }

    private int Patches(int side, double scale) => Math.Max(1, (int)Math.Ceiling(side * scale / Side));
}
