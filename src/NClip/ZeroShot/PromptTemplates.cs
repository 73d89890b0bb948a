namespace NClip.ZeroShot;

/// <summary>
/// Sentences that a class name is put into, chosen by the script of the label. <c>{}</c> is the place of the name
/// (Radford et al. 2021, section 3.1.4).
/// </summary>
/// <param name="English">Templates for labels without Chinese characters.</param>
/// <param name="Chinese">Templates for labels with Chinese characters.</param>
public sealed record PromptTemplates(IReadOnlyList<string> English, IReadOnlyList<string> Chinese)
{
    /// <summary>One plain sentence in each language: right for most labels and models.</summary>
    public static PromptTemplates Default { get; } = new(["a photo of a {}."], ["一张{}的照片。"]);

    /// <summary>The label itself, for labels that are whole sentences already.</summary>
    public static PromptTemplates None { get; } = new(["{}"], ["{}"]);

    /// <summary>The same templates whatever the script.</summary>
    /// <exception cref="ArgumentException">There is no template, or one has no <c>{}</c>.</exception>
    public static PromptTemplates Of(IReadOnlyList<string> templates)
    {
        ArgumentNullException.ThrowIfNull(templates);
        if (templates.Count == 0) throw new ArgumentException("no template was given; a template is a sentence with {} where the class name goes.", nameof(templates));
        foreach (var t in templates)
            if (!t.Contains("{}", StringComparison.Ordinal)) throw new ArgumentException($"the template \"{t}\" has no {{}}; put {{}} where the class name goes.", nameof(templates));
        return new PromptTemplates(templates, templates);
    }

    /// <summary>The prompts of one name.</summary>
    public IEnumerable<string> Fill(string name)
    {
        var templates = HasChinese(name) ? Chinese : English;
        return templates.Select(t => t.Replace("{}", name, StringComparison.Ordinal));
    }

    /// <summary>True where the text has a CJK ideograph (the Unified Ideographs block, its extensions A to H, or the compatibility block).</summary>
    internal static bool HasChinese(string text)
    {
        foreach (var r in text.EnumerateRunes())
            if (r.Value is (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF)) return true;
        return false;
    }
}

/// <summary>A class to choose: the label of the answer, and the names by which the text tower knows it.</summary>
/// <param name="Label">What the answer says.</param>
/// <param name="Names">One name or several synonyms, each filled into every template.</param>
public sealed record LabelClass(string Label, IReadOnlyList<string> Names)
{
    /// <summary>A class with one name.</summary>
    public LabelClass(string label) : this(label, [label]) { }

    /// <summary>Reads <c>cat</c>, or <c>cat|kitten|tomcat</c>: the first name is the label.</summary>
    /// <exception cref="ArgumentException">No name is left after trimming.</exception>
    public static LabelClass Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var names = text.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length == 0 ? throw new ArgumentException($"\"{text}\" has no name.", nameof(text)) : new LabelClass(names[0], names);
    }
}
