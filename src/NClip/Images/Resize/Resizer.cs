using System.Buffers;

namespace NClip.Images.Resize;

/// <summary>
/// Pillow's resize, bit for bit: horizontal pass, then vertical, 8 bit between them; nearest neighbour for palettes and bilevel;
/// double arithmetic for 16- and 32-bit grey; premultiplied where there is alpha. Only the window is computed, and only the rows it needs.
/// </summary>
internal static class Resizer
{
    /// <summary>The part of <paramref name="source"/>, resized to the size of <paramref name="fit"/>, that lies in a window of <paramref name="width"/> x <paramref name="height"/>; padding is 0 in the picture's own mode.</summary>
    public static Picture Resize(PixelRows source, Fit fit, int width, int height, Interpolation filter, ResampleKernel? kernel = null)
    {
        // Pillow forgets the palette of a picture with indices and alpha when it resizes it: indices become grey levels.
        var forgotten = source.Mode == PixelMode.PaletteAlpha && (source.Width, source.Height) != (fit.Width, fit.Height);
        var result = new Picture(width, height, forgotten ? PixelMode.Grey : source.Mode) { Palette = source.Palette };
        try
        {
            var (x, y) = (Math.Max(0, -fit.Left), Math.Max(0, -fit.Top));
            var window = new Window(Math.Max(0, fit.Left), Math.Max(0, fit.Top), Math.Min(fit.Width, width), Math.Min(fit.Height, height));
            if (window.Width < width || window.Height < height) result.Pixels.Clear();
            Write(source, fit, window, filter, kernel ?? ResampleKernels.Best, result, x, y);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    private static void Write(PixelRows source, Fit fit, Window window, Interpolation filter, ResampleKernel kernel, Picture result, int x, int y)
    {
        var bytes = PixelRows.BytesPerPixel(source.Mode);
        var target = new Target(result, x * bytes, y, window.Width * bytes);
        if (source.Width == fit.Width && source.Height == fit.Height) Copy(source, window, bytes, target);
        else if (source.Mode is PixelMode.Palette or PixelMode.Bilevel) Nearest(source, fit, window, target);
        else if (source.Mode == PixelMode.Grey32) WideResizer.Resize<int>(source, fit, window, filter, target);
        else if (source.Mode is PixelMode.Grey16 or PixelMode.Grey16Raw) WideResizer.Resize<ushort>(source, fit, window, filter, target);
        else Resample(source, fit, window, filter, kernel, bytes, target);
    }

    /// <summary>A picture that already has the size is copied: not even premultiplied.</summary>
    private static void Copy(PixelRows source, Window window, int bytes, Target target)
    {
        for (var y = 0; y < window.Height; y++) source.Row(window.Y + y).Slice(window.X * bytes, target.Length).CopyTo(target.Row(y));
    }

    private static void Nearest(PixelRows source, Fit fit, Window window, Target target)
    {
        var columns = NearestPositions(source.Width, fit.Width, window.X, window.Width);
        var rows = NearestPositions(source.Height, fit.Height, window.Y, window.Height);
        for (var y = 0; y < rows.Length; y++)
        {
            var from = source.Row(rows[y]);
            var to = target.Row(y);
            for (var x = 0; x < columns.Length; x++) to[x] = from[columns[x]];
        }
    }

    /// <summary>Accumulated, not multiplied: the rounding errors of the sum are part of the result.</summary>
    private static int[] NearestPositions(int source, int target, int first, int length)
    {
        var r = new int[length];
        var step = (double)source / target;
        var position = step * 0.5;
        for (var i = 0; i < first + length; i++, position += step)
            if (i >= first) r[i - first] = Math.Min((int)position, source - 1);
        return r;
    }

    private static void Resample(PixelRows source, Fit fit, Window window, Interpolation filter, ResampleKernel kernel, int bytes, Target target)
    {
        var horizontal = source.Width == fit.Width ? null : new AxisWeights(source.Width, fit.Width, window.X, window.Width, filter);
        var vertical = source.Height == fit.Height ? null : new AxisWeights(source.Height, fit.Height, window.Y, window.Height, filter);
        var premultiplied = source.Mode == PixelMode.Rgba;
        var scratch = ArrayPool<byte>.Shared.Rent(premultiplied ? source.RowBytes : 1);
        var pass = new HorizontalPass(source, horizontal, window.X * bytes, kernel, premultiplied ? scratch : null);
        using var band = new RowBand(target.Length, vertical?.MaxCount ?? 1);
        try
        {
            for (var y = 0; y < window.Height; y++)
            {
                var (start, count) = vertical is null ? (window.Y + y, 1) : (vertical.Start[y], vertical.Count[y]);
                band.DropBefore(start);
                while (band.End < start + count) pass.Write(band.End, band.Next());
                if (vertical is null) band.From(start).CopyTo(target.Row(y));
                else kernel.Vertical(band.From(start), target.Length, vertical.FixedOf(y), target.Row(y));
                if (premultiplied) Premultiplication.Undo(target.Row(y));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}

/// <summary>The way of one row of the source through the horizontal weights.</summary>
/// <param name="Source">Rows.</param>
/// <param name="Weights">Null: the width stays.</param>
/// <param name="FirstByte">Where the window begins in a row of which the width stays.</param>
/// <param name="Kernel">The arithmetic.</param>
/// <param name="Premultiplied">Where a row is premultiplied; null: it has no alpha.</param>
internal readonly record struct HorizontalPass(PixelRows Source, AxisWeights? Weights, int FirstByte, ResampleKernel Kernel, byte[]? Premultiplied)
{
    public void Write(int y, Span<byte> target)
    {
        var row = Source.Row(y);
        if (Premultiplied is not null)
        {
            var copy = Premultiplied.AsSpan(0, row.Length);
            row.CopyTo(copy);
            Premultiplication.Apply(copy);
            row = copy;
        }
        if (Weights is null) row.Slice(FirstByte, target.Length).CopyTo(target);
        else Kernel.Horizontal(row, PixelRows.BytesPerPixel(Source.Mode), Weights, target);
    }
}

/// <summary>The part of a resized picture that is wanted.</summary>
internal readonly record struct Window(int X, int Y, int Width, int Height);

/// <summary>Where the window's rows go in the result.</summary>
internal readonly record struct Target(Picture Picture, int Offset, int Top, int Length)
{
    public Span<byte> Row(int y) => Picture.WritableRow(Top + y).Slice(Offset, Length);
}
