namespace NClip.Images.Resize;

/// <summary>Where a source picture lands in the tower's input: the size it is resized to, and the place of the tower's window in it.</summary>
/// <param name="Width">Width of the whole resized picture.</param>
/// <param name="Height">Height of the whole resized picture.</param>
/// <param name="Left">Column of the resized picture at the window's left edge; negative: that many columns of padding.</param>
/// <param name="Top">Row of the resized picture at the window's top edge; negative: that many rows of padding.</param>
internal readonly record struct Fit(int Width, int Height, int Left, int Top)
{
    /// <summary>The rules of torchvision's Resize and CenterCrop, transformers' CLIPImageProcessor and open_clip's resize modes.</summary>
    public static Fit Of(int width, int height, PreprocessSpec spec)
    {
        var (n, m) = (spec.Width, spec.Height);
        switch (spec.Resize)
        {
            case ResizeMode.Squash when spec.ResizedTo is var (w, h):
                return Centred(w, h, spec);
            case ResizeMode.Squash:
                return new Fit(n, m, 0, 0);
            case ResizeMode.Patches:
                var whole = spec.Patches!.SizeOf(width, height);
                return new Fit(whole.Width, whole.Height, 0, 0);
            case ResizeMode.Longest:
                var ratio = Math.Max((double)height / m, (double)width / n);
                var (wide, high) = (Math.Max(1, HalfEven(width / ratio)), Math.Max(1, HalfEven(height / ratio)));
                return new Fit(wide, high, -((n - wide) / 2), -((m - high) / 2));
            default:
                var (a, b) = spec.ResizedTo ?? (n, m);
                (wide, high) = a == b ? Shortest(width, height, a) : Covering(width, height, a, b);
                return Centred(wide, high, spec);
        }
    }

    private static Fit Centred(int width, int height, PreprocessSpec spec)
    {
        var (left, top) = (width - spec.Width, height - spec.Height);
        return spec.Flavour == PipelineFlavour.HuggingFace ? new Fit(width, height, left >> 1, top >> 1) : new Fit(width, height, HalfEven(left / 2.0), HalfEven(top / 2.0));
    }

    /// <summary>The short side becomes n; the other is truncated.</summary>
    private static (int Width, int Height) Shortest(int width, int height, int n) => width <= height
        ? (n, (int)((double)((long)n * height) / width))
        : ((int)((double)((long)n * width) / height), n);

    /// <summary>The smallest size of the same shape that covers a window that is not square (open_clip's ResizeKeepRatio).</summary>
    private static (int Width, int Height) Covering(int width, int height, int n, int m)
    {
        var ratio = Math.Min((double)height / m, (double)width / n);
        return (Math.Max(n, HalfEven(width / ratio)), Math.Max(m, HalfEven(height / ratio)));
    }

    private static int HalfEven(double x) => (int)Math.Round(x, MidpointRounding.ToEven);
}
