using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>
/// What the last of our autograd functions gave on the way back. libtorch takes a hold of its own when the function has returned, and nobody tells us; by the next function's call it has,
/// and this one, which would keep every gradient to the end of the step, is let go.
/// </summary>
internal sealed class PassGradients
{
    private readonly List<Tensor> _given = [];

    /// <summary>Lets go of what was given.</summary>
    public void Free()
    {
        foreach (var t in _given) t.Dispose();
        _given.Clear();
    }

    /// <summary>Takes a tensor out of the scope it was made in.</summary>
    public Tensor Give(Tensor gradient)
    {
        _given.Add(gradient.MoveToOuterDisposeScope());
        return gradient;
    }
}
