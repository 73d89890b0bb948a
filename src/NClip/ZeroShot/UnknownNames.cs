using NClip.Configuration;

namespace NClip.ZeroShot;

/// <summary>
/// Names that a model never met a word of: their features are an accident of spelling, and a softmax over accidents is as sure of
/// itself as any other. A class with a known name goes by that one alone. A class without one stands for just anything: it is as
/// near to a picture as everyday names are on average, and never nearer than the best class that is known.
/// </summary>
internal sealed class UnknownNames
{
    private readonly bool[] _unknown;

    private UnknownNames(bool[] unknown) => _unknown = unknown;

    /// <summary>Finds them; null where every name of every class is known.</summary>
    /// <param name="classes">The classes.</param>
    /// <param name="known">Words that the model met, or null where it does not say.</param>
    /// <param name="named">The classes by names that may be used.</param>
    /// <param name="cancellation">Heard at each class.</param>
    public static UnknownNames? In(IReadOnlyList<LabelClass> classes, KnownWords? known, out IReadOnlyList<LabelClass> named, CancellationToken cancellation = default)
    {
        named = classes;
        if (known is null) return null;
        var usable = classes.Select(Usable).ToArray();
        if (usable.Index().All(u => u.Item.Length == classes[u.Index].Names.Count)) return null;
        var everyday = NoneOfThese.EverydayNames(classes);
        named = [.. classes.Select((c, i) => new LabelClass(c.Label, usable[i].Length > 0 ? usable[i] : everyday))];
        string[] Usable(LabelClass c)
        {
            cancellation.ThrowIfCancellationRequested();
            return [.. c.Names.Where(n => !known.NoneIn(n))];
        }
        return new UnknownNames([.. usable.Select(n => n.Length == 0)]);
    }

    /// <summary>Holds the unknown classes' cosines [C] down to the best known one's.</summary>
    public void Hold(Span<float> cosines)
    {
        var best = float.NegativeInfinity;
        for (var i = 0; i < cosines.Length; i++) if (!_unknown[i]) best = Math.Max(best, cosines[i]);
        if (float.IsNegativeInfinity(best)) return; // none is known: all are alike
        for (var i = 0; i < cosines.Length; i++) if (_unknown[i]) cosines[i] = Math.Min(cosines[i], best);
    }
}
