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
            case ResizeMode.Squash:
                return new Fit(n, m, 0, 0);
            case ResizeMode.Patches:
                var whole = spec.Patches!.SizeOf(width, height);
                return new Fit(whole.Width, whole.Height, 0, 0);
            case ResizeMode.Longest:
                var ratio = Math.Max((double)height / m, (double)width / n);
                var (w, h) = (Math.Max(1, HalfEven(width / ratio)), Math.Max(1, HalfEven(height / ratio)));
                return new Fit(w, h, -((n - w) / 2), -((m - h) / 2));
            default:
                (w, h) = n == m ? Shortest(width, height, n) : Covering(width, height, n, m);
                return spec.Flavour == PipelineFlavour.HuggingFace
                    ? new Fit(w, h, (w - n) >> 1, (h - m) >> 1)
                    : new Fit(w, h, HalfEven((w - n) / 2.0), HalfEven((h - m) / 2.0));
        }
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
