using NClip.Architectures;
using NClip.ZeroShot;

namespace NClip.Cli.Output;

/// <summary>Warnings about labels and texts whose answers say less than they seem to.</summary>
internal static class LabelWarnings
{
    /// <summary>Of the labels of a classification: words that the model does not know, and a choice of one.</summary>
    public static void Write(Terminal terminal, Clip clip, IReadOnlyList<LabelClass> classes, bool none, CancellationToken stop)
    {
        Unknown(terminal, clip, classes.SelectMany(c => c.Names), stop);
        if (classes.Count > 1 || none || clip.Spec.Logits != LogitKind.Softmax) return;
        var how = classes[0].Names.Count > 1 ? "| joins names of one label; separate labels by commas"
            : classes[0].Label.AsSpan().ContainsAny(",，;；") ? "in a file each label stands on a line of its own"
            : "give another label";
        terminal.Warn($"\"{classes[0].Label}\" is the only label and gets 100 % whatever the picture shows: {how}, or allow 'none of these' with --none.");
    }

    /// <summary>Words that the model never met, where it says which it met.</summary>
    public static void Unknown(Terminal terminal, Clip clip, IEnumerable<string> texts, CancellationToken stop)
    {
        foreach (var t in clip.UnknownLabels(texts, stop)) terminal.Warn($"the model never met a word of \"{t}\" and cannot say whether it fits. Another model (--model) may know it.");
    }
}
