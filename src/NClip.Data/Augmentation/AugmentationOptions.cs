namespace NClip.Data;

/// <summary>Random changes of training pictures; torchvision's definitions. The defaults are those of open_clip's training: a crop of 0.9 of the area or more, nothing else.</summary>
/// <param name="SmallestArea">Least share of the picture's area that a crop keeps, 0..1. Default 0.9.</param>
/// <param name="LargestArea">Greatest share. Default 1.</param>
/// <param name="SmallestRatio">Least width / height of a crop. Default 3/4.</param>
/// <param name="LargestRatio">Greatest width / height. Default 4/3.</param>
/// <param name="FlipChance">Chance of a mirrored picture. Default 0: "left" and "right" in captions stay true.</param>
/// <param name="Jitter">Changes of colour, or null (default).</param>
/// <param name="JitterChance">Chance that colours are changed at all. Default 1.</param>
/// <param name="GreyChance">Chance of a picture without colours. Default 0.</param>
public sealed record AugmentationOptions(
    double SmallestArea = 0.9,
    double LargestArea = 1,
    double SmallestRatio = 3.0 / 4,
    double LargestRatio = 4.0 / 3,
    double FlipChance = 0,
    ColourJitter? Jitter = null,
    double JitterChance = 1,
    double GreyChance = 0)
{
    /// <summary>Checks the ranges.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    internal AugmentationOptions Validated()
    {
        if (!(SmallestArea > 0 && SmallestArea <= LargestArea && LargestArea <= 1))
            throw new DataException($"crops keep {SmallestArea} to {LargestArea} of the area; 0 < smallest <= largest <= 1 is expected.");
        if (!(SmallestRatio > 0 && SmallestRatio <= LargestRatio && double.IsFinite(LargestRatio)))
            throw new DataException($"crops have a width of {SmallestRatio} to {LargestRatio} times their height; 0 < smallest <= largest is expected.");
        foreach (var chance in new[] { FlipChance, JitterChance, GreyChance })
            if (chance is not (>= 0 and <= 1)) throw new DataException($"a chance is {chance}; it must be 0..1.");
        Jitter?.Validate();
        return this;
    }
}

/// <summary>How far colours may move (torchvision's ColorJitter): factors are drawn from 1 - x .. 1 + x, not below 0, the turn of the hue from -x .. x; the four in random order.</summary>
/// <param name="Brightness">0 or more.</param>
/// <param name="Contrast">0 or more.</param>
/// <param name="Saturation">0 or more.</param>
/// <param name="Hue">0..0.5, in turns of the colour circle.</param>
public sealed record ColourJitter(double Brightness = 0, double Contrast = 0, double Saturation = 0, double Hue = 0)
{
    internal void Validate()
    {
        if (!(Brightness >= 0 && Contrast >= 0 && Saturation >= 0) || Hue is not (>= 0 and <= 0.5))
            throw new DataException($"colours move by brightness {Brightness}, contrast {Contrast}, saturation {Saturation}, hue {Hue}; 0 or more is expected, for the hue 0..0.5.");
    }
}
