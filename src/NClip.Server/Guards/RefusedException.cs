namespace NClip.Server.Guards;

/// <summary>A request that is answered with an error.</summary>
/// <param name="status">HTTP's number.</param>
/// <param name="code">One word for programs.</param>
/// <param name="message">What was found and what to do.</param>
/// <param name="parameter">The part of the request it is about, or null.</param>
internal sealed class RefusedException(int status, string code, string message, string? parameter = null) : ClipException(message)
{
    /// <summary>HTTP's number.</summary>
    public int Status => status;

    /// <summary>One word for programs.</summary>
    public string Code => code;

    /// <summary>The part of the request it is about, or null.</summary>
    public string? Parameter => parameter;

    /// <summary>One that the client can mend.</summary>
    public static RefusedException Bad(string message, string? parameter = null) => new(400, "invalid_value", message, parameter);

    /// <summary>One for something that is not there; it says nothing of what is.</summary>
    public static RefusedException Missing(string what) => new(404, "not_found", $"there is no such {what} in this gallery.");
}
