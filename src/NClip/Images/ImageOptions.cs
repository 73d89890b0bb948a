namespace NClip.Images;

/// <summary>Limits and speed of decoding.</summary>
/// <param name="MaxMegapixels">Largest picture accepted, in millions of pixels, read from the header before anything is allocated. Default 178.9, twice what Pillow warns at.</param>
/// <param name="FastJpeg">Decode large JPEGs at a reduced size. Not bit-equal; docs/parity.md, section 2, states the deviation. Default: off.</param>
public sealed record ImageOptions(double MaxMegapixels = 178.9, bool FastJpeg = false)
{
    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ClipException">A value is out of its range.</exception>
    internal ImageOptions Validated() => MaxMegapixels is > 0 and <= 500
        ? this
        : throw new ClipException($"MaxMegapixels is {MaxMegapixels}; it must be above 0 and at most 500.");
}
