using NClip.ZeroShot;

namespace NClip.Cli.Inputs;

/// <summary>--templates: a named set, or a file with one template a line.</summary>
internal static class TemplateChoice
{
    /// <summary>The templates, or null for the model's own.</summary>
    /// <exception cref="UsageException">There is neither such a set nor such a file, or a line has no <c>{}</c>.</exception>
    public static PromptTemplates? Read(string? choice)
    {
        if (choice is null) return null;
        if (choice == "none") return PromptTemplates.None;
        if (!File.Exists(choice))
            return PromptSets.Contains(choice) ? PromptSets.Templates(choice)
                : throw new UsageException($"--templates is '{choice}'; there is neither such a file nor such a set. Give a file with one template a line, as in \"a photo of a {{}}.\", or none, {string.Join(", ", PromptSets.Names)}.");
        try { return PromptTemplates.Of([.. TextFile.Lines(new FileInfo(choice), "--templates").Where(l => l.Trim().Length > 0)]); }
        catch (ArgumentException e) { throw new UsageException($"--templates {choice}: {e.Message}", e); }
    }
}
