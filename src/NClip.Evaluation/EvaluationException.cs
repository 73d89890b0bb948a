namespace NClip.Evaluation;

/// <summary>An evaluation that cannot be done: features and labels that do not fit, classes without a name, a head of another model. The message says what was found and what to do.</summary>
public sealed class EvaluationException : ClipException
{
    /// <param name="message">What was found and what to do.</param>
    /// <param name="file">The file the error is about, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public EvaluationException(string message, string? file = null, Exception? inner = null)
        : base(message, file, inner)
    {
    }
}
