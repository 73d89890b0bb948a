namespace NClip.Images;

/// <summary>Limits and speed of decoding.</summary>
/// <param name="MaxMegapixels">Largest picture accepted, in millions of pixels, read from the header before anything is allocated. Default 178.9, twice what Pillow warns at.</param>
/// <param name="FastJpeg">Decode large JPEGs at a reduced size. Not bit-equal; docs/parity.md, section 2, states the deviation. Default: off.</param>
/// <param name="MaxMegabytes">Most memory that decoding one picture may take, in millions of bytes, computed from the header before anything is allocated; the file itself does not count. A bound for small files that unpack to much, not a measure. Default 1000.</param>
/// <param name="LimitImageMagick">Sets ImageMagick's own limits (one thread, no spilling to disk, 4 GiB, sides of a million pixels) when it first decodes. They hold for the whole process, for other users of ImageMagick in it too, and stay; that is why the library does not set them unless told. Default: off; the command does.</param>
public sealed record ImageOptions(double MaxMegapixels = 178.9, bool FastJpeg = false, double MaxMegabytes = 1000, bool LimitImageMagick = false)
{
    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ClipException">A value is out of its range.</exception>
    internal ImageOptions Validated()
    {
        if (MaxMegapixels is not (> 0 and <= 500)) throw new ClipException(FormattableString.Invariant($"MaxMegapixels is {MaxMegapixels}; it must be above 0 and at most 500."));
        return MaxMegabytes > 0 ? this : throw new ClipException(FormattableString.Invariant($"MaxMegabytes is {MaxMegabytes}; it must be above 0."));
    }
}
