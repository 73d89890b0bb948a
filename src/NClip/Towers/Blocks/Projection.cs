namespace NClip.Towers.Blocks;

/// <summary>The last step of a tower: pooled [N, in] -> features [N, out].</summary>
internal static class Projection
{
    public static T Build<T>(IOperators<T> ops, ProjectionSpec spec, Scope<T> w, T x)
        where T : class =>
        spec.Kind switch
        {
            ProjectionKind.None => x,
            ProjectionKind.Linear => ops.Project(x, w, spec.Bias ? w["bias"] : null),
            _ => ops.Linear(ops.Activate(ops.Linear(x, w["fc1"]["weight"], spec.Bias ? w["fc1"]["bias"] : null), Activation.Gelu), w["fc2"]["weight"], null),
        };
}
