namespace NClip.Cli.Programs;

/// <summary>The program nclip-serve, which this one becomes for `nclip serve`: it needs ASP.NET Core, which every other command would look for at its start.</summary>
internal static class ServingProgram
{
    /// <summary>What to say where it is not there.</summary>
    public const string Missing = "serve needs the program nclip-serve, which is not here: it needs ASP.NET Core. Install it: dotnet tool install NClip.Server -g";

    /// <summary>Where it is.</summary>
    public static ProgramPlace Place { get; } = new("nclip-serve", "NClip.Server");
}
