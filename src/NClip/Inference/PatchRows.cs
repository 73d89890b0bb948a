namespace NClip.Inference;

/// <summary>Pictures of any shape as a tower takes them that takes patches.</summary>
/// <param name="Values">[N, L, V]: the patches of a picture row by row, then padding.</param>
/// <param name="Mask">[N, L], 0 where a patch is padding.</param>
/// <param name="Shapes">[N, 2], rows and columns of patches.</param>
/// <param name="Count">N.</param>
/// <param name="Length">L.</param>
internal sealed record PatchRows(ReadOnlyMemory<float> Values, ReadOnlyMemory<long> Mask, ReadOnlyMemory<long> Shapes, int Count, int Length)
{
    /// <summary>Preprocessed pictures, which are patches already or whole pictures of one size.</summary>
    /// <exception cref="ArgumentException">They are of another model.</exception>
    public static PatchRows Of(ImageBatch images, int side)
    {
        var sizes = images.Sizes ?? [.. Enumerable.Repeat(new PictureSize(images.Width, images.Height), images.Count)];
        if (sizes.Count != images.Count || sizes.Any(s => s.Width < side || s.Height < side || s.Width % side != 0 || s.Height % side != 0))
            throw new ArgumentException($"{images.Count} picture(s) were given with {sizes.Count} size(s); this model takes pictures whose sides are whole patches of {side} pixels, with a size each.");
        var values = images.Sizes is null ? Cut(images, side) : images.Pixels;
        var length = values.Length / Math.Max(1, images.Count * 3 * side * side);
        if (values.Length != (long)images.Count * length * 3 * side * side || sizes.Any(s => s.Width / side * (s.Height / side) > length))
            throw new ArgumentException($"{values.Length} values are not {images.Count} picture(s) of {length} patches of {side} x {side} pixels in three colours, or have no room for one of the pictures.");
        var (mask, shapes) = (new long[images.Count * length], new long[images.Count * 2]);
        foreach (var (i, s) in sizes.Index())
        {
            (shapes[2 * i], shapes[(2 * i) + 1]) = (s.Height / side, s.Width / side);
            mask.AsSpan(i * length, s.Height / side * (s.Width / side)).Fill(1);
        }
        return new(values, mask, shapes, images.Count, length);
    }

    /// <summary>Some of the pictures, with no more padding than the longest of them needs: what padding there is changes no feature, and costs as much as patches do.</summary>
    public PatchRows Slice(int from, int count)
    {
        var (mask, one) = (Mask.Slice(from * Length, count * Length), Values.Length / Math.Max(1, Count * Length));
        var used = 1;
        for (var i = 0; i < count; i++) used = Math.Max(used, mask.Span.Slice(i * Length, Length).LastIndexOfAnyExcept(0) + 1);
        var values = Values.Slice(from * Length * one, count * Length * one);
        return new(Columns(values, count, Length * one, used * one), Columns(mask, count, Length, used), Shapes.Slice(2 * from, 2 * count), count, used);
    }

    private static ReadOnlyMemory<T> Columns<T>(ReadOnlyMemory<T> rows, int count, int length, int used)
    {
        if (used == length) return rows;
        var cut = new T[count * used];
        for (var i = 0; i < count; i++) rows.Span.Slice(i * length, used).CopyTo(cut.AsSpan(i * used));
        return cut;
    }

    /// <summary>[N, 3, H, W] -> [N, H/side · W/side, side, side, 3].</summary>
    private static float[] Cut(ImageBatch images, int side)
    {
        var (h, w, to) = (images.Height, images.Width, new float[images.Pixels.Length]);
        var from = images.Pixels.Span;
        if (from.Length != (long)images.Count * 3 * h * w) throw new ArgumentException($"{images.Count} picture(s) of {w} x {h} have {images.Count * 3L * h * w} values [N, 3, {h}, {w}]; {from.Length} were given.");
        var at = 0;
        for (var n = 0; n < images.Count; n++)
            for (var top = 0; top < h; top += side)
                for (var left = 0; left < w; left += side)
                    for (var y = top; y < top + side; y++)
                        for (var x = left; x < left + side; x++)
                            for (var c = 0; c < 3; c++)
                                to[at++] = from[(((((n * 3) + c) * h) + y) * w) + x];
        return to;
    }
}
