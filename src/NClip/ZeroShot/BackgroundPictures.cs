using NClip.Images;

namespace NClip.ZeroShot;

/// <summary>Pictures that show nothing, drawn at the tower's input size: flat colours, gradients, stripes, noise.</summary>
internal static class BackgroundPictures
{
    private const int Count = 12;

    /// <summary>[12, 3, H, W], normalised as the model wants.</summary>
    public static ImageBatch Make(PreprocessSpec input)
    {
        var (h, w) = (input.Height, input.Width);
        var r = new float[Count * 3 * h * w];
        var random = new Random(20210226);
        for (var n = 0; n < Count; n++)
            for (var c = 0; c < 3; c++)
            {
                var at = r.AsSpan(((n * 3) + c) * h * w, h * w);
                for (var y = 0; y < h; y++)
                    for (var x = 0; x < w; x++) at[(y * w) + x] = (Value(n, c, (float)x / w, (float)y / h, random) - input.Mean[c]) / input.Std[c];
            }
        return new ImageBatch(r, Count, h, w);
    }

    // Values in 0..1 at relative position (x, y).
    private static float Value(int kind, int channel, float x, float y, Random random) => kind switch
    {
        0 => 0,
        1 => 1,
        2 => 0.5f,
        3 => x,
        4 => y,
        5 => (x + y) / 2,
        6 => channel == 0 ? 0.8f : 0.2f,
        7 => channel == 1 ? 0.6f : 0.3f,
        8 => channel == 2 ? 0.8f : 0.4f,
        9 => MathF.Floor(x * 16) % 2,
        10 => random.NextSingle(),
        _ => 0.5f + (0.25f * (random.NextSingle() - 0.5f)),
    };
}
