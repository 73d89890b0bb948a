namespace NClip.Cli.Programs;

/// <summary>The program nclip-train, which this one becomes for `nclip train`: it brings libtorch, 461 MB, that nothing else here needs.</summary>
internal static class TrainingProgram
{
    /// <summary>What to say where it is not there.</summary>
    public const string Missing = "train needs the program nclip-train, which is not here: it brings libtorch, 461 MB. Install it: dotnet tool install NClip.Training.Cli -g";

    /// <summary>Where it is.</summary>
    public static ProgramPlace Place { get; } = new("nclip-train", "NClip.Training.Cli");
}
