using NClip.Images;
using NClip.Images.Resize;
using Xunit;

namespace NClip.Tests.Images;

public sealed class ResampleKernelTests
{
    public static TheoryData<string> Kernels => [.. ResampleKernels.Supported.Select(k => k.Name)];

    [Theory, MemberData(nameof(Kernels))]
    public void Every_kernel_gives_the_bytes_of_the_plain_loops(string name)
    {
        var kernel = ResampleKernels.Supported.Single(k => k.Name == name).Kernel;
        var random = new Random(7);
        (int W, int H, int ToW, int ToH)[] sizes =
        [
            (1, 1, 7, 5), (2, 3, 64, 64), (3, 500, 5, 224), (500, 3, 224, 3), (17, 9, 31, 17), (97, 61, 16, 15), (64, 64, 64, 32), (64, 64, 32, 64),
            (301, 203, 224, 224), (1000, 40, 33, 20), (1283, 857, 224, 150), (40, 3000, 20, 33), (5000, 7, 3, 7), (255, 257, 254, 258),
        ];
        foreach (var (w, h, toW, toH) in sizes)
            foreach (var mode in new[] { PixelMode.Grey, PixelMode.Rgb, PixelMode.Rgba, PixelMode.Cmyk })
                foreach (var filter in new[] { Interpolation.Bicubic, Interpolation.Bilinear })
                {
                    using var source = Random(w, h, mode, random);
                    var fit = new Fit(toW, toH, toW / 5, -(toH / 7));
                    var (width, height) = (Math.Max(1, toW - (toW / 3)), toH + (toH / 7) + 3);
                    using var expected = Resizer.Resize(source, fit, width, height, filter, ResampleKernels.Scalar);
                    using var found = Resizer.Resize(source, fit, width, height, filter, kernel);
                    Assert.True(expected.Pixels.SequenceEqual(found.Pixels), $"{name}: {mode} {filter} {w} x {h} -> {toW} x {toH} differs");
                }
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Extreme_pixels_do_not_overflow(string name)
    {
        // The largest sums: long taps over pixels that are 255 where the weight is positive and 0 where it is negative.
        var kernel = ResampleKernels.Supported.Single(k => k.Name == name).Kernel;
        foreach (var (from, to) in new[] { (60000, 3), (7, 1000), (997, 64), (100, 99) })
        {
            var weights = new AxisWeights(from, to, 0, to, Interpolation.Bicubic);
            for (var i = 0; i < to; i += Math.Max(1, to / 5))
            {
                var row = new byte[from];
                for (var t = 0; t < weights.Count[i]; t++) row[weights.Start[i] + t] = weights.FixedOf(i)[t] > 0 ? (byte)255 : (byte)0;
                byte[] expected = new byte[to], found = new byte[to];
                ResampleKernels.Scalar.Horizontal(row, 1, weights, expected);
                kernel.Horizontal(row, 1, weights, found);
                Assert.Equal(expected, found);
                Assert.Equal(255, found[i]);
            }
        }
    }

    private static Picture Random(int width, int height, PixelMode mode, Random random)
    {
        var r = new Picture(width, height, mode);
        random.NextBytes(r.Pixels);
        // Runs of black and white, so that both ends are clamped.
        for (var i = 0; i < r.Pixels.Length; i++)
            if ((i / 40) % 3 != 0) r.Pixels[i] = (byte)((i / 24) % 2 * 255);
        return r;
    }
}
