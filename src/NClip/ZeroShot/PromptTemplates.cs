using NClip.Foundation;

namespace NClip.ZeroShot;

/// <summary>
/// Sentences that a class name is put into, chosen by the script of the label. <c>{}</c> is the place of the name
/// (Radford et al. 2021, section 3.1.4).
/// </summary>
public sealed record PromptTemplates
{
    /// <param name="english">Templates for labels without Chinese characters.</param>
    /// <param name="chinese">Templates for labels with Chinese characters.</param>
    /// <exception cref="ArgumentException">There is no template, or one has no <c>{}</c>.</exception>
    public PromptTemplates(IReadOnlyList<string> english, IReadOnlyList<string> chinese) => (English, Chinese) = (Checked(english), Checked(chinese));

    /// <summary>Templates for labels without Chinese characters.</summary>
    public IReadOnlyList<string> English { get; }

    /// <summary>Templates for labels with Chinese characters.</summary>
    public IReadOnlyList<string> Chinese { get; }

    /// <summary>One plain sentence in each language: right for most labels and models.</summary>
    public static PromptTemplates Default { get; } = new(["a photo of a {}."], ["一张{}的照片。"]);

    /// <summary>The label itself, for labels that are whole sentences already.</summary>
    public static PromptTemplates None { get; } = new(["{}"], ["{}"]);

    /// <summary>The same templates whatever the script.</summary>
    /// <exception cref="ArgumentException">There is no template, or one has no <c>{}</c>.</exception>
    public static PromptTemplates Of(IReadOnlyList<string> templates) => new(templates, templates);

    /// <summary>The prompts of one name.</summary>
    public IEnumerable<string> Fill(string name) => For(name).Select(t => t.Replace("{}", name, StringComparison.Ordinal));

    /// <summary>True where both have the same sentences.</summary>
    public bool Equals(PromptTemplates? other)
        => ReferenceEquals(this, other) || (other is not null && English.SequenceEqual(other.English) && Chinese.SequenceEqual(other.Chinese));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(English.Count, English[0], Chinese.Count, Chinese[0]);

    /// <summary>The templates for one name, by its script.</summary>
    internal IReadOnlyList<string> For(string name) => Ideographs.In(name) ? Chinese : English;

    private static string[] Checked(IReadOnlyList<string> templates)
    {
        if (Given.All(templates, "template", "templates").Count == 0) throw new ArgumentException("no template was given; a template is a sentence with {} where the class name goes.");
        foreach (var t in templates)
            if (!t.Contains("{}", StringComparison.Ordinal)) throw new ArgumentException($"the template \"{t}\" has no {{}}; put {{}} where the class name goes.");
        return [.. templates];
    }
}

/// <summary>A class to choose: the label of the answer, and the names by which the text tower knows it.</summary>
public sealed record LabelClass
{
    /// <param name="label">What the answer says.</param>
    /// <param name="names">One name or several synonyms, each filled into every template.</param>
    /// <exception cref="ArgumentException">There is no name, or the label or a name is empty.</exception>
    public LabelClass(string label, IReadOnlyList<string> names)
    {
        if (string.IsNullOrWhiteSpace(label)) throw new ArgumentException("a class has an empty label; give a word or a phrase.");
        (Label, Names) = (label, Given.All(names, $"name of the class \"{label}\"", $"names of the class \"{label}\""));
        if (Names.Count == 0) throw new ArgumentException($"the class \"{label}\" has no name; give the label itself, or synonyms of it.");
        if (Names.Any(string.IsNullOrWhiteSpace)) throw new ArgumentException($"the class \"{label}\" has an empty name; give words or phrases.");
    }

    /// <summary>What the answer says.</summary>
    public string Label { get; }

    /// <summary>One name or several synonyms, each filled into every template.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>A class with one name.</summary>
    public LabelClass(string label) : this(label, [label]) { }

    /// <summary>Reads <c>cat</c>, or <c>cat|kitten|tomcat</c>: the first name is the label.</summary>
    /// <exception cref="ArgumentException">No name is left after trimming.</exception>
    public static LabelClass Parse(string text)
    {
        var names = Given.One(text, "label").Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length == 0 ? throw new ArgumentException($"\"{text}\" has no name.") : new LabelClass(names[0], names);
    }
}
