using System.Text.Json;
using System.Text.Json.Serialization;

namespace NClip.Data;

/// <summary>A position in one source.</summary>
/// <param name="Epoch">Times it has been seen whole.</param>
/// <param name="Part">Place in the epoch's order of parts.</param>
/// <param name="Sample">Place in the part.</param>
public readonly record struct SourcePosition(int Epoch, int Part, int Sample);

/// <summary>A position in a <see cref="SampleOrder"/>: some hundred bytes of JSON that lead back to the very next sample. Bound to the sources and options that it was made with.</summary>
/// <param name="Fingerprint">Names of all parts, weights and options, hashed.</param>
/// <param name="Window">Number of the window of shuffled neighbours.</param>
/// <param name="Draws">Choices among weighted sources before the window.</param>
/// <param name="Sources">Where each source stood at the window's beginning.</param>
/// <param name="Done">Samples of the window that have been given.</param>
public sealed record OrderState(string Fingerprint, long Window, long Draws, IReadOnlyList<SourcePosition> Sources, int Done)
{
    /// <summary>As one line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, StateJson.Default.OrderState);

    /// <exception cref="DataException">The text is no state.</exception>
    public static OrderState FromJson(string json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, StateJson.Default.OrderState) is { Fingerprint: not null, Sources: not null, Window: >= 0, Draws: >= 0, Done: >= 0 } state) return state;
        }
        catch (JsonException e)
        {
            throw new DataException($"the saved position cannot be read: {e.Message}", null, e);
        }
        throw new DataException("the saved position is incomplete. Fingerprint, Window, Draws, Sources and Done are expected, as ToJson writes them.");
    }
}

[JsonSerializable(typeof(OrderState))]
internal sealed partial class StateJson : JsonSerializerContext;
