namespace NClip.Images;

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
