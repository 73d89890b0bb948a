namespace NClip.Data;

/// <summary>Encoded picture -> float32 [3, Height, Width]. Used by several threads at once; equal seeds give equal values.</summary>
public interface ISampleTransform
{
    /// <summary>Width of the result.</summary>
    int Width { get; }

    /// <summary>Height of the result.</summary>
    int Height { get; }

    /// <summary>Fills <paramref name="destination"/>.</summary>
    /// <param name="encoded">The bytes of the picture's file.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="random">Source of every choice, seeded by the order's seed, the epoch and the sample's key.</param>
    /// <param name="destination">3 * Height * Width values.</param>
    /// <exception cref="ClipException">The picture cannot be read; the sample is left out.</exception>
    void Apply(ReadOnlyMemory<byte> encoded, string name, SampleRandom random, Span<float> destination);
}
