namespace NClip.Cli.Inputs;

/// <summary>Where a path really leads: every link on the way is followed.</summary>
internal static class RealPath
{
    /// <summary>Links on one way before it counts as a circle (as Linux has it).</summary>
    private const int MaxLinks = 40;

    /// <summary>The path without links, or null where they lead in a circle.</summary>
    public static string? Of(string path)
    {
        var rest = new Stack<string>(Parts(Path.GetFullPath(path)));
        var (real, links) = (Path.GetPathRoot(Path.GetFullPath(path))!, 0);
        while (rest.TryPop(out var part))
        {
            var next = Path.Join(real, part);
            if (new FileInfo(next).LinkTarget is not { } target) { real = next; continue; }
            if (++links > MaxLinks) return null;
            var full = Path.GetFullPath(Path.Combine(real, target));
            foreach (var p in Parts(full)) rest.Push(p);
            real = Path.GetPathRoot(full)!;
        }
        return real;
    }

    private static IEnumerable<string> Parts(string full)
        => full[Path.GetPathRoot(full)!.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
}
