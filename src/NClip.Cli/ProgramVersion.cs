using System.Reflection;

namespace NClip.Cli;

/// <summary>Which nclip this is.</summary>
internal static class ProgramVersion
{
    /// <summary>With the commit that it was built from, where that is known: <c>0.1.0+5c44c65</c>.</summary>
    public static string Full { get; } = typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?";

    /// <summary>For people: <c>0.1.0</c>.</summary>
    public static string Short { get; } = Full.Split('+')[0];
}
