namespace NClip.Cli.Diagnosis;

/// <summary>How a thing is.</summary>
internal enum State
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Works, but the user may want to know or to change it.</summary>
    Note,

    /// <summary>Something that nclip needs does not work.</summary>
    Broken,
}

/// <summary>One line of the doctor's report.</summary>
/// <param name="Subject">What was looked at.</param>
/// <param name="State">How it is.</param>
/// <param name="Found">What was found.</param>
/// <param name="Advice">What to do, or null.</param>
internal sealed record Finding(string Subject, State State, string Found, string? Advice = null);
