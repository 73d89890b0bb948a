using System.Globalization;

namespace NClip.Training.RunFiles;

/// <summary>A key of a run file.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Says">What it means, with its unit.</param>
/// <param name="Get">Its value in settings.</param>
/// <param name="Set">Settings with another value.</param>
/// <param name="Decides">Whether another value gives other weights: a run may not be gone on with under another one.</param>
internal sealed record RunKey<T>(string Name, string Says, Func<T, object> Get, Func<T, RunValue, T> Set, bool Decides = true)
{
    /// <summary>The value as a file would have it.</summary>
    public string Written(T settings) => Get(settings) switch
    {
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        double[] list => $"[{string.Join(", ", list.Select(x => x.ToString(CultureInfo.InvariantCulture)))}]",
        var number => Convert.ToString(number, CultureInfo.InvariantCulture)!,
    };
}
