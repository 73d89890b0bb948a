namespace NClip.Foundation;

/// <summary>What callers give, checked where it comes in. Messages name the thing and its place, not the parameter.</summary>
internal static class Given
{
    /// <summary>The list, which is there and holds no null.</summary>
    /// <param name="list">What was given.</param>
    /// <param name="one">What one of it is called.</param>
    /// <param name="several">What several of it are called.</param>
    /// <exception cref="ArgumentException">It is null, or holds a null.</exception>
    public static IReadOnlyList<T> All<T>(IReadOnlyList<T>? list, string one, string several)
    {
        if (list is null) throw new ArgumentException($"the list of {several} is null; give a list, an empty one where there is nothing.");
        for (var i = 0; i < list.Count; i++)
            if (list[i] is null) throw new ArgumentException(FormattableString.Invariant($"{one} {i} of {list.Count} is null."));
        return list;
    }

    /// <summary>What was given, which is not null.</summary>
    /// <exception cref="ArgumentException">It is null.</exception>
    public static T One<T>(T? thing, string name) where T : class => thing ?? throw new ArgumentException($"the {name} is null.");
}
