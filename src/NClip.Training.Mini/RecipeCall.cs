using System.Globalization;

namespace NClip.Training.Mini;

/// <summary>The options of one step of a recipe, pairs of --NAME and VALUE; each is read under the name and as the kind that the step has.</summary>
internal sealed class RecipeCall
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <param name="step">The step, for messages.</param>
    /// <param name="words">The call's words behind it.</param>
    /// <param name="known">The names that it has.</param>
    /// <exception cref="RecipeCallException">A name is not one of them, or has no value, or two.</exception>
    public RecipeCall(string step, ReadOnlySpan<string> words, IReadOnlyCollection<string> known)
    {
        for (var i = 0; i < words.Length; i += 2)
        {
            if (!known.Contains(words[i])) throw new RecipeCallException($"'{words[i]}' is no option of {step}; it has {string.Join(", ", known)}.");
            if (i + 1 == words.Length) throw new RecipeCallException($"{words[i]} has no value; one was expected behind it.");
            if (!_values.TryAdd(words[i], words[i + 1])) throw new RecipeCallException($"{words[i]} is given twice; give it once.");
        }
    }

    /// <summary>A path or name, or null where the call has none.</summary>
    public string? Text(string name) => _values.GetValueOrDefault(name);

    /// <summary>A path or name.</summary>
    public string Text(string name, string fallback) => Text(name) ?? fallback;

    /// <summary>A whole number.</summary>
    /// <exception cref="RecipeCallException">It is none.</exception>
    public int Whole(string name, int fallback) => Text(name) is not { } text ? fallback
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var v) ? v
        : throw new RecipeCallException($"{name} is '{text}'; a whole number was expected.");

    /// <summary>A number.</summary>
    /// <exception cref="RecipeCallException">It is none.</exception>
    public double Number(string name, double fallback) => Text(name) is not { } text ? fallback
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var v) && double.IsFinite(v) ? v
        : throw new RecipeCallException($"{name} is '{text}'; a number was expected, with a point as in 0.5.");

    /// <summary>A time of this machine's clock, or null where the call has none.</summary>
    /// <exception cref="RecipeCallException">It is none.</exception>
    public DateTime? Time(string name) => Text(name) is not { } text ? null
        : DateTime.TryParse(text, CultureInfo.InvariantCulture, out var v) ? v
        : throw new RecipeCallException($"{name} is '{text}'; a time was expected, as in 2026-11-26T18:30.");
}
