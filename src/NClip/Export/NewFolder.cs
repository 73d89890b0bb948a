using NClip.ZeroShot;

namespace NClip.Export;

/// <summary>A folder that appears whole or not at all: its files are written into NAME.incomplete beside it, flushed, then the folder gets its name.</summary>
internal static class NewFolder
{
    /// <param name="folder">The folder; it must not exist.</param>
    /// <param name="fill">Writes its files into the folder whose path it is given.</param>
    /// <exception cref="ClipException">The folder exists already.</exception>
    public static void Write(string folder, Action<string> fill)
    {
        if (Directory.Exists(folder) || File.Exists(folder)) throw new ClipException("exists already. Name a folder that does not, or remove it.", folder);
        var making = Path.TrimEndingDirectorySeparator(folder) + ".incomplete";
        if (Directory.Exists(making)) Directory.Delete(making, recursive: true);
        Directory.CreateDirectory(making);
        try
        {
            fill(making);
            foreach (var file in Directory.EnumerateFiles(making))
            {
                using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
                RandomAccess.FlushToDisk(handle);
            }
            Directory.Move(making, folder);
        }
        catch
        {
            Directory.Delete(making, recursive: true);
            throw;
        }
    }

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
