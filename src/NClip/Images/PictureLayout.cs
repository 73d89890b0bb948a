using NClip.Images.Resize;

namespace NClip.Images;

/// <summary>How a fitted picture lies in a tower's input.</summary>
internal abstract class PictureLayout
{
    /// <summary>The layout that a model's preprocessing asks for.</summary>
    /// <exception cref="ClipException">Its patches are missing or out of their range.</exception>
    public static PictureLayout Of(PreprocessSpec spec) => spec.Resize != ResizeMode.Patches ? new Planes(spec.Width, spec.Height)
        : new Patches(spec.Patches?.Validated() ?? throw new ClipException($"pictures are resized to patches, and {nameof(PreprocessSpec)}.{nameof(PreprocessSpec.Patches)} does not say to which. Set it, or another {nameof(PreprocessSpec.Resize)}."));

    /// <summary>Number of floats of one picture.</summary>
    public abstract int Length { get; }

    /// <summary>The part of the resized picture that is taken.</summary>
    public abstract PictureSize Window(Fit fit);

    /// <summary>Normalises <paramref name="fitted"/> into <paramref name="destination"/> [<see cref="Length"/>].</summary>
    public abstract void Write(PixelRows fitted, NormalizeTable table, Span<float> destination);

    /// <summary>Pictures of these sizes, one behind the other, as a batch.</summary>
    public abstract ImageBatch Batch(ReadOnlyMemory<float> pixels, IReadOnlyList<PictureSize> sizes);

    /// <summary>[3, H, W]: all R, all G, all B.</summary>
    private sealed class Planes(int width, int height) : PictureLayout
    {
        public override int Length => 3 * width * height;

        public override PictureSize Window(Fit fit) => new(width, height);

        public override void Write(PixelRows fitted, NormalizeTable table, Span<float> destination) => table.Apply(fitted, destination);

        public override ImageBatch Batch(ReadOnlyMemory<float> pixels, IReadOnlyList<PictureSize> sizes) => new(pixels, sizes.Count, height, width);
    }

    /// <summary>[L, side, side, 3]: patches row by row, zeros behind.</summary>
    private sealed class Patches(PatchSpec spec) : PictureLayout
    {
        public override int Length => spec.MaxPatches * spec.Values;

        public override PictureSize Window(Fit fit) => new(fit.Width, fit.Height);

        public override void Write(PixelRows fitted, NormalizeTable table, Span<float> destination)
        {
            var used = 3 * fitted.Width * fitted.Height;
            table.ApplyToPatches(fitted, spec.Side, destination[..used]);
            destination[used..].Clear();
        }

        public override ImageBatch Batch(ReadOnlyMemory<float> pixels, IReadOnlyList<PictureSize> sizes) => new(pixels, sizes.Count, spec.Side, spec.Side) { Sizes = sizes };
    }
}
