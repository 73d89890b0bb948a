using NClip.ZeroShot;

namespace NClip.Export;

/// <summary>The files of a model that go with it as they are.</summary>
internal static class ModelFiles
{
    /// <summary>Copies the files that match <paramref name="patterns"/> and lie beside a model's weights; a link's target is copied. What is there already stays.</summary>
    /// <param name="source">The model's folder or weight file.</param>
    /// <param name="patterns">Names, with * and ?.</param>
    /// <param name="folder">Where to.</param>
    public static void CopyBeside(string source, IEnumerable<string> patterns, string folder)
    {
        var from = ModelFolder.Of(source).Path;
        foreach (var file in patterns.SelectMany(p => Directory.EnumerateFiles(from, p))) Copy(file, folder);
    }

    /// <summary>Copies a file, following links; one that is there already stays.</summary>
    public static void Copy(string file, string folder)
    {
        var to = Path.Combine(folder, Path.GetFileName(file));
        if (File.Exists(to)) return;
        using var copy = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        using var original = File.OpenRead(file);
        original.CopyTo(copy);
    }
}
