using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>The last step of a tower: pooled [N, in] -> features [N, out].</summary>
internal static class Projection
{
    public static Value Build(GraphWriter g, ProjectionSpec spec, Scope w, Value x) => spec.Kind switch
    {
        ProjectionKind.None => x,
        ProjectionKind.Linear => g.Project(x, w, spec.Bias ? w["bias"] : null),
        _ => g.Linear(g.Activate(g.Linear(x, w["fc1"]["weight"], spec.Bias ? w["fc1"]["bias"] : null), Activation.Gelu), w["fc2"]["weight"], null),
    };
}
