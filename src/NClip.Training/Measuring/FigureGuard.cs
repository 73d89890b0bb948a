namespace NClip.Training.Measuring;

/// <summary>Fine-tuning destroys what a model knew before its loss shows it: a figure that falls far below its best is the sign.</summary>
/// <param name="Share">Share of its best value that a figure may lose; 0 watches nothing.</param>
/// <param name="FineTuning">Whether the run began with a model that knew something.</param>
/// <param name="Lr">The run's rate, for the message.</param>
internal sealed record FigureGuard(double Share, bool FineTuning, double Lr)
{
    /// <summary>Whether a figure is too far below its best.</summary>
    public bool Lost(double best, double now) => Share > 0 && now < best * (1 - Share);

    /// <summary>What to say then.</summary>
    public string Message(string evaluation, (string Name, double Value) figure, int step, double best, int bestStep) => FormattableString.Invariant(
        $"{evaluation}: {figure.Name} was {best:g4} at step {bestStep} and is {figure.Value:g4} at step {step}. ") + (FineTuning
        ? FormattableString.Invariant($"Training destroys what the model knew, whatever the loss says. Lower lr (now {Lr:g3}; 1e-5 is usual), use layer_decay, lock a tower (lock_image, lock_text), or go half the way back: wise_ft = 0.5.")
        : FormattableString.Invariant($"The model forgets what it had learned. Lower lr (now {Lr:g3}), or stop here."));
}
