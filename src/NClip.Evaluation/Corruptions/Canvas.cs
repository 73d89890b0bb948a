using NClip.Images;

namespace NClip.Evaluation;

/// <summary>A picture in double, 0..1, channels interleaved: what corruptions compute in.</summary>
internal sealed class Canvas(int width, int height, int channels)
{
    public int Width => width;

    public int Height => height;

    public int Channels => channels;

    public double[] Values { get; } = new double[width * height * channels];

    public double this[int x, int y, int c]
    {
        get => Values[(((y * width) + x) * channels) + c];
        set => Values[(((y * width) + x) * channels) + c] = value;
    }

    public static Canvas Of(RgbImage picture) => Of(picture.Width, picture.Height, 3, picture.Pixels.Span);

    public static Canvas Of(int width, int height, int channels, ReadOnlySpan<byte> pixels)
    {
        var r = new Canvas(width, height, channels);
        for (var i = 0; i < r.Values.Length; i++) r.Values[i] = pixels[i] / 255.0;
        return r;
    }

    /// <summary>Each value by its place.</summary>
    public Canvas Map(Func<double, int, double> value)
    {
        var r = new Canvas(width, height, channels);
        for (var i = 0; i < r.Values.Length; i++) r.Values[i] = value(Values[i], i);
        return r;
    }

    /// <summary>Clipped to 0..1, times 255 and cut to whole numbers, as the published set was made.</summary>
    public byte[] ToBytes()
    {
        var r = new byte[Values.Length];
        for (var i = 0; i < r.Length; i++) r[i] = (byte)(Math.Clamp(Values[i], 0, 1) * 255);
        return r;
    }

    public RgbImage ToImage() => new(width, height, ToBytes());
}
