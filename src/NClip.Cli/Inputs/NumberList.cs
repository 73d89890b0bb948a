using System.CommandLine;
using System.Globalization;

namespace NClip.Cli.Inputs;

/// <summary>Options such as <c>--batch 1,8,32</c>.</summary>
internal static class NumberList
{
    /// <summary>Whole numbers in 1..<paramref name="max"/>, separated by commas.</summary>
    public static Option<int[]?> Option(string name, string placeholder, string description, int max) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        CustomParser = r =>
        {
            var parts = r.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
            var numbers = parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= max ? n : 0).ToArray();
            if (!numbers.Contains(0)) return numbers;
            r.AddError($"{name} is '{r.Tokens[0].Value}'; it must be whole numbers in 1..{max}, as in {placeholder}.");
            return null;
        },
    };
}
