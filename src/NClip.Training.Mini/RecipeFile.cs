namespace NClip.Training.Mini;

/// <summary>A file of steps, a call a line (WORK/ and DATA/ stand for the folders that the call gives), which are taken one after the other; one whose output is there already is left out, so that a run that was stopped goes on.</summary>
internal static class RecipeFile
{
    /// <param name="path">The file; lines that are empty or begin with # say nothing.</param>
    /// <param name="options">Options of every step: --data, --wider, --work and the like.</param>
    /// <param name="run">Carries out one step's words.</param>
    /// <exception cref="RecipeCallException">The file cannot be read.</exception>
    public static void Run(string path, string[] options, Action<string[]> run)
    {
        if (!File.Exists(path)) throw new RecipeCallException($"the file of steps {path} is not there.");
        string After(string name, string fallback) => Array.IndexOf(options, name) is >= 0 and var at && at + 1 < options.Length ? options[at + 1] : fallback;
        (string Word, string Folder)[] folders = [("WORK/", After("--work", "work")), ("DATA/", After("--data", "../shared/data"))];
        string Placed(string word) => folders.FirstOrDefault(f => word.StartsWith(f.Word, StringComparison.Ordinal)) is { Word: { } start, Folder: { } folder } ? Path.Combine(folder, word[start.Length..]) : word;
        foreach (var line in File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#')))
        {
            string[] words = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Placed)];
            var output = Array.IndexOf(words, "--output");
            // The tower's output is its checkpoint: it sees itself how far it came.
            if (words[0] != "tower" && output >= 0 && output + 1 < words.Length && Path.Exists(words[output + 1]))
            {
                Console.WriteLine($"there already: {words[output + 1]}");
                continue;
            }
            Console.WriteLine($"{DateTime.Now:HH:mm:ss} {line}");
            run([.. words, .. options]);
        }
    }
}
