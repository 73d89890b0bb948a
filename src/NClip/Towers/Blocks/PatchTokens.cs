namespace NClip.Towers.Blocks;

/// <summary>A picture as tokens: pixels [N, 3, H, W] -> [N, L, W], positions added. (Dosovitskiy et al. 2021, equation 1)</summary>
internal static class PatchTokens
{
    public static T Build<T>(IOperators<T> ops, Scope<T> w, T pixels, int patch, int width, bool bias, bool classToken)
        where T : class
    {
        var x = ops.Conv(pixels, w["conv1"], stride: patch, bias: bias);                           // [N, W, H/P, W/P]
        x = ops.Transpose(ops.Reshape(x, 0, width, -1), 0, 2, 1);                                  // [N, L, W]
        if (classToken) x = ops.Concat(1, ops.Repeat(w["class_embedding"], like: x, 1, width), x); // [N, 1+L, W]
        return ops.Add(x, w["positional_embedding"]);
    }

    /// <summary>Why pictures of this size have no such patches, in words; null where they have.</summary>
    public static string? Misfit(int patch, int height, int width) => patch < 1 || patch > Math.Min(height, width) ? $"patches of {patch} pixels in pictures of {width} x {height}" : null;
}
