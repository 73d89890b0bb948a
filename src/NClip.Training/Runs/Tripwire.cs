namespace NClip.Training.Runs;

/// <summary>A run whose numbers went wrong, stopped before they spoil the weights. The message names the step, the batch and the tensor.</summary>
internal sealed class DivergenceException(string message) : ClipException(message);

/// <summary>Watches the losses of a run: no number, or one that stays far above where it began.</summary>
/// <param name="factor">How far; 0 is no limit.</param>
internal sealed class Tripwire(double factor)
{
    /// <summary>Steps that make the beginning, and steps in a row that have to be above.</summary>
    private const int Beginning = 5, InARow = 20;

    private double _sum;
    private int _seen, _above;

    /// <summary>Mean of the first losses and their number: what a resumed run has to know.</summary>
    public (double Sum, int Seen, int Above) State
    {
        get => (_sum, _seen, _above);
        set => (_sum, _seen, _above) = value;
    }

    /// <summary>Takes a loss in.</summary>
    /// <exception cref="DivergenceException">It has stayed above the limit too long.</exception>
    public void Watch(int step, double loss, string advice)
    {
        if (_seen < Beginning)
        {
            (_sum, _seen) = (_sum + loss, _seen + 1);
            return;
        }
        _above = factor > 0 && loss > factor * (_sum / _seen) ? _above + 1 : 0;
        if (_above >= InARow)
            throw new DivergenceException(FormattableString.Invariant($"step {step}: the loss is {loss:g5} and has been above {factor:g3} times its beginning, {_sum / _seen:g5}, for {InARow} steps: the run diverges. {advice}"));
    }
}
