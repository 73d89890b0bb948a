namespace NClip.Training.Distributed;

/// <summary>What processes that train one model together say to each other. Every call is made by all of them, in the same order; none by two threads at once.</summary>
internal interface ICommunicator : IDisposable
{
    /// <summary>This process, from 0.</summary>
    int Rank { get; }

    /// <summary>All processes.</summary>
    int Size { get; }

    /// <summary>Replaces the values by the sums over all processes; the same to the bit in each.</summary>
    void Sum(Span<float> values);

    /// <inheritdoc cref="Sum(Span{float})"/>
    void Sum(Span<double> values);

    /// <summary>Begins to replace values by their sums while this process goes on with other work; nothing touches them, and no other call is made, until the returned has been called.</summary>
    /// <param name="all">The same ones in each process.</param>
    /// <returns>Waits for the sums.</returns>
    Action BeginSums(IReadOnlyList<SharedValues> all);

    /// <summary>Puts the bytes of all processes one behind the other.</summary>
    /// <param name="own">As many in each process.</param>
    /// <param name="all">Size times as many.</param>
    void Gather(ReadOnlySpan<byte> own, Span<byte> all);

    /// <summary>Replaces the bytes by those of process 0.</summary>
    void Broadcast(Span<byte> bytes);

    /// <summary>Ends all processes, wherever they are.</summary>
    /// <param name="exitCode">What their launcher returns.</param>
    void Abort(int exitCode);
}

/// <summary>Values in memory that stays where it is.</summary>
/// <param name="Address">The first.</param>
/// <param name="Count">How many.</param>
/// <param name="AreDouble">float64; else float32.</param>
internal readonly record struct SharedValues(nint Address, long Count, bool AreDouble);
