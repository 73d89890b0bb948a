namespace NClip.Images;

/// <summary>Limits and speed of decoding.</summary>
/// <param name="MaxMegapixels">Largest picture accepted, in millions of pixels, read from the header before anything is allocated. Default 178.9, twice what Pillow warns at.</param>
/// <param name="FastJpeg">Decode large JPEGs at a reduced size. Not bit-equal; docs/parity.md states the deviation. Default: off.</param>
public sealed record ImageOptions(double MaxMegapixels = 178.9, bool FastJpeg = false);
