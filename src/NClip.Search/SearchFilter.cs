namespace NClip.Search;

/// <summary>What found pictures must fulfil; null: anything. A picture that does not say what is asked is left out.</summary>
/// <param name="After">Taken at this time or later.</param>
/// <param name="Before">Taken before this time.</param>
/// <param name="Path">A part of the path, or a pattern with * and ? for the whole of it; case does not matter.</param>
/// <param name="Near">Taken so near to a place.</param>
/// <param name="MinSize">At least so many pixels on the longer and on the shorter side.</param>
public sealed record SearchFilter(DateTime? After = null, DateTime? Before = null, string? Path = null, NearPlace? Near = null, (int Long, int Short)? MinSize = null)
{
    /// <summary>Words that the caption has in it, all of them, in whatever order; case does not matter.</summary>
    public string? Caption { get; init; }

    /// <summary>Everything.</summary>
    public static SearchFilter None { get; } = new();

    /// <summary>Whether it lets everything through.</summary>
    internal bool IsNone => this == None;
}

/// <summary>A place and how far from it.</summary>
/// <param name="Latitude">Degrees north, -90..90.</param>
/// <param name="Longitude">Degrees east, -180..180.</param>
/// <param name="Kilometres">How far, on the globe.</param>
public sealed record NearPlace(double Latitude, double Longitude, double Kilometres);
