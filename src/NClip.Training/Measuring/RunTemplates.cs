using NClip.Training.RunFiles;
using NClip.ZeroShot;

namespace NClip.Training.Measuring;

/// <summary>The sentences for class names that a run file asks for.</summary>
internal static class RunTemplates
{
    /// <param name="key">Of the run file, for messages.</param>
    /// <param name="name">"" (null comes back: whoever asks has its own), default, a set such as imagenet, or a file.</param>
    /// <exception cref="RunFileException">It is none of these, or a sentence has no {}.</exception>
    public static PromptTemplates? Read(string key, string name)
    {
        if (name.Length == 0) return null;
        if (name == "default") return PromptTemplates.Default;
        try
        {
            return File.Exists(name) ? PromptTemplates.Of(File.ReadAllLines(name).Where(l => l.Trim().Length > 0).ToArray())
                : PromptSets.Contains(name) ? PromptSets.Templates(name)
                : throw new RunFileException($"{key} is \"{Foundation.Shown.Name(name)}\"; default, a file with a sentence a line and {{}} for the class, or one of {string.Join(", ", PromptSets.Names)} was expected.");
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new RunFileException($"{key} cannot be used: {e.Message}", name, e);
        }
    }
}
