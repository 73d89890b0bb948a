using System.Runtime.CompilerServices;
using Xunit;

namespace NClip.Tests;

/// <summary>Finds ground truth: copies under tests/reference, and the larger sets of ../shared where a checkout has them.</summary>
internal static class Reference
{
    /// <summary>Root of the repository.</summary>
    public static string Root { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(Here(), "..", ".."));

    /// <summary>Path of tests/reference/<paramref name="relative"/>; the file or folder must be there.</summary>
    public static string Path(string relative)
    {
        var path = System.IO.Path.Combine(Root, "tests", "reference", relative);
        return Exists(path) ? path : throw new FileNotFoundException($"reference data '{relative}' is missing under tests/reference.", path);
    }

    /// <summary>Path of ../shared/reference/<paramref name="relative"/>, or null where this checkout does not have it.</summary>
    public static string? Shared(string relative) => SharedRoot(System.IO.Path.Combine("reference", relative));

    /// <summary>As <see cref="Shared"/>; the test is skipped, and counted so, where this checkout does not have it.</summary>
    public static string NeedShared(string relative)
    {
        if (Shared(relative) is { } path) return path;
        Assert.Skip($"../shared/reference/{relative} is not here");
        return null;
    }

    /// <summary>Path of ../shared/<paramref name="relative"/>, or null where this checkout does not have it.</summary>
    public static string? SharedRoot(string relative)
    {
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(Root, "..", "shared", relative));
        return Exists(path) ? path : null;
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static string Here([CallerFilePath] string path = "") => System.IO.Path.GetDirectoryName(path)!;
}
