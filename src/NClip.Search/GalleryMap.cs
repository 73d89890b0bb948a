using NClip.Foundation;
using NClip.Images;
using SkiaSharp;

namespace NClip.Search;

/// <summary>A map of a gallery: a picture on each cell of a grid, neighbours of those that are like it.</summary>
public sealed class GalleryMap
{
    private const int Gap = 2; // pixels between cells

    internal GalleryMap(IReadOnlyList<MapPlace> places) => Places = places;

    /// <summary>Where each picture lies.</summary>
    public IReadOnlyList<MapPlace> Places { get; }

    /// <summary>Cells across.</summary>
    public int Columns => Places.Count == 0 ? 0 : 1 + Places.Max(p => p.Column);

    /// <summary>Cells down.</summary>
    public int Rows => Places.Count == 0 ? 0 : 1 + Places.Max(p => p.Row);

    /// <summary>The map as a PNG file. The cell of a picture that cannot be read any more stays empty.</summary>
    /// <param name="cell">Pixels of a cell's side, 8 to 512.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SearchException">The map would be larger than 16,384 pixels on a side.</exception>
    public byte[] Png(int cell = 64, CancellationToken cancellationToken = default)
    {
        var (width, height) = (Math.Max(1, Columns) * (cell + Gap), Math.Max(1, Rows) * (cell + Gap));
        if (cell is < 8 or > 512 || Math.Max(width, height) > 16384)
            throw new SearchException(FormattableString.Invariant($"a map of {Columns} x {Rows} cells of {cell} pixels; cells have 8 to 512, and a side of the map at most 16384. Take fewer pictures or smaller cells."));
        var pixels = new uint[width * height];
        pixels.AsSpan().Fill(0xFF_10_10_10);
        var pipeline = new ImagePipeline(PreprocessSpec.OpenAI(cell), ImagePolicy.Natural, new ImageOptions(FastJpeg: true, LimitImageMagick: true));
        InParallel.For(Places.Count, i => Draw(Places[i], pipeline, cell, pixels, width), cancellationToken);
        unsafe
        {
            fixed (uint* p = pixels)
            {
                using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque), (nint)p);
                using var png = image.Encode(SKEncodedImageFormat.Png, 100);
                return png.ToArray();
            }
        }
    }

    private static void Draw(MapPlace place, ImagePipeline pipeline, int cell, uint[] pixels, int width)
    {
        byte[] rgb;
        try { rgb = pipeline.ProcessToBytes(place.File); }
        catch (ImageException) { return; }
        for (var y = 0; y < cell; y++)
            for (var x = 0; x < cell; x++)
            {
                var at = 3 * ((y * cell) + x);
                pixels[(((place.Row * (cell + Gap)) + y) * width) + (place.Column * (cell + Gap)) + x] = 0xFF000000 | ((uint)rgb[at + 2] << 16) | ((uint)rgb[at + 1] << 8) | rgb[at];
            }
    }
}
