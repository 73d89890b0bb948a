using System.CommandLine;
using System.Globalization;

namespace NClip.Cli;

/// <summary>Makers of options whose refusals say what was found and what is expected.</summary>
internal static class Options
{
    /// <summary>A whole number in a range.</summary>
    public static Option<int?> Whole(string name, string placeholder, string description, int min, int max = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        CustomParser = r =>
        {
            var text = r.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v) && v >= min && v <= max) return v;
            r.AddError($"{name} is '{text}'; it must be a whole number {(max == int.MaxValue ? $"of at least {min}" : $"in {min}..{max}")}.");
            return null;
        },
    };

    /// <summary>A number in a range.</summary>
    public static Option<double?> Number(string name, string placeholder, string description, double min, double max) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        CustomParser = r =>
        {
            var text = r.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var v) && v >= min && v <= max) return v;
            r.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'; it must be a number in {min}..{max}, with a point as in 0.5."));
            return null;
        },
    };

    /// <summary>One of several words; null where the call does not say. Not of a bool: the parser gives such an option no word but true and false.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Word, T Value)[] choices) where T : struct
    {
        var words = string.Join("|", choices.Select(c => c.Word));
        var option = new Option<T?>(name)
        {
            Description = description,
            HelpName = words,
            CustomParser = r =>
            {
                var text = r.Tokens[0].Value;
                foreach (var (word, value) in choices)
                    if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase)) return value;
                r.AddError($"{name} is '{text}'; it must be {words.Replace("|", " or ", StringComparison.Ordinal)}.");
                return null;
            },
        };
        option.CompletionSources.Add([.. choices.Select(c => c.Word)]);
        return option;
    }

    /// <summary>A file or folder to read or write.</summary>
    public static Option<FileInfo?> File(string name, string description, params string[] aliases) => new(name, aliases) { Description = description, HelpName = "FILE" };

    /// <summary>Words that may be given several at once, or the option several times.</summary>
    public static Option<string[]> Many(string name, string placeholder, string description) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>JSON lines instead of a table.</summary>
    public static Option<bool> Json() => new("--json") { Description = "One JSON object a line, for programs." };
}
