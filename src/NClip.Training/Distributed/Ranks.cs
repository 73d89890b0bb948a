using System.Runtime.InteropServices;
using System.Text.Json;
using NClip.Training.RunFiles;
using static TorchSharp.torch;

namespace NClip.Training.Distributed;

/// <summary>The processes that train one model, as training sees them: tensors, decisions, failures. Every call is made by all of them in the same order.</summary>
internal sealed class Ranks : IDisposable
{
    private readonly ICommunicator _to;

    /// <param name="to">How they speak.</param>
    /// <param name="seat">Where this process runs: those with an equal seat share its processors. Null: its own.</param>
    public Ranks(ICommunicator to, Seat? seat = null)
    {
        _to = to;
        seat ??= Seat.Own();
        Seats = Everybody(seat);
        Processors = Math.Max(1, Environment.ProcessorCount / Seats.Count(s => s == seat));
    }

    /// <summary>This process, from 0.</summary>
    public int Rank => _to.Rank;

    /// <summary>All processes.</summary>
    public int Size => _to.Size;

    /// <summary>Whether this is the one that reads and writes the run's folder.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Where each runs.</summary>
    public IReadOnlyList<Seat> Seats { get; }

    /// <summary>Processors for each of those that share them.</summary>
    public int Processors { get; }

    /// <summary>What has been sent so far.</summary>
    public Traffic Traffic { get; private set; } = new(0, 0);

    /// <summary>A process alone.</summary>
    public static Ranks Alone() => new(new SingleProcess());

    /// <summary>This process among those that its launcher has started; alone without one.</summary>
    /// <exception cref="RunFileException">They cannot speak to each other.</exception>
    public static Ranks Join() => MpiLaunch.Of(Environment.GetEnvironmentVariable) is { } launch ? new(new MpiCommunicator(launch)) : Alone();

    /// <summary>Says whether a run's batch can be shared.</summary>
    /// <exception cref="RunFileException">It cannot.</exception>
    public void Check(TrainSettings train)
    {
        if (train.Batch % (Size * train.Accumulate) == 0) return;
        throw new RunFileException(train.Accumulate == 1
            ? $"train.batch is {train.Batch}, the pairs of a step of all processes; with {Size} processes a multiple of {Size} was expected."
            : $"train.batch is {train.Batch}, the pairs of a step of all processes; with {Size} processes and accumulate = {train.Accumulate} a multiple of {Size * train.Accumulate} was expected.");
    }

    /// <summary>The rows [N, D] of all, those of process 0 first, from each one's [n, D]; without gradient.</summary>
    /// <param name="own">This process's.</param>
    /// <param name="counts">How many each has.</param>
    public Tensor Rows(Tensor own, IReadOnlyList<int> counts)
    {
        if (Size == 1) return own;
        using var scope = NewDisposeScope();
        var most = counts.Max();
        var padded = counts[Rank] == most ? own.contiguous() : cat([own, zeros([most - counts[Rank], own.shape[1]], own.dtype)], 0);
        var all = empty([Size, most, own.shape[1]], own.dtype);
        Traffic = Traffic with { Gathered = Traffic.Gathered + padded.bytes.Length };
        _to.Gather(padded.bytes, all.bytes);
        return (counts.All(c => c == most) ? all.flatten(0, 1) : cat([.. counts.Select((c, r) => all[r].narrow(0, 0, c))], 0)).MoveToOuterDisposeScope();
    }

    /// <summary>Replaces the values by the sums over all.</summary>
    /// <param name="values">float32 or float64, dense.</param>
    public void Sum(Tensor values)
    {
        if (Size == 1) return;
        if (!values.is_contiguous()) throw new InvalidOperationException("only a dense tensor is summed in its place");
        Traffic = Traffic with { Summed = Traffic.Summed + values.bytes.Length };
        if (values.dtype == ScalarType.Float64) _to.Sum(MemoryMarshal.Cast<byte, double>(values.bytes));
        else _to.Sum(MemoryMarshal.Cast<byte, float>(values.bytes));
    }

    /// <summary>Begins to replace values by the sums over all; nothing touches them, and no other call is made, until the returned has been called.</summary>
    /// <param name="all">float32 or float64, dense.</param>
    /// <returns>Waits for the sums.</returns>
    public Action BeginSums(IReadOnlyList<Tensor> all)
    {
        if (!all.All(t => t.is_contiguous())) throw new InvalidOperationException("only dense tensors are summed in their place");
        Traffic = Traffic with { Summed = Traffic.Summed + all.Sum(t => (long)t.bytes.Length) };
        return _to.BeginSums([.. all.Select(t => new SharedValues(AddressOf(t), t.NumberOfElements, t.dtype == ScalarType.Float64))]);
    }

    /// <summary>The sum of a number over all.</summary>
    public double Sum(double value)
    {
        double[] sum = [value];
        _to.Sum(sum);
        return sum[0];
    }

    /// <summary>Replaces the values by those of the first.</summary>
    public void FromFirst(Tensor values)
    {
        if (Size > 1) _to.Broadcast(values.bytes);
    }

    /// <summary>What the first one knows.</summary>
    public T FromFirst<T>(T value)
    {
        if (Size == 1) return value;
        var json = IsFirst ? JsonSerializer.SerializeToUtf8Bytes(value) : [];
        var length = BitConverter.GetBytes(json.Length);
        _to.Broadcast(length);
        if (!IsFirst) json = new byte[BitConverter.ToInt32(length)];
        _to.Broadcast(json);
        return JsonSerializer.Deserialize<T>(json)!;
    }

    /// <summary>What each one knows.</summary>
    public IReadOnlyList<T> Everybody<T>(T value)
    {
        if (Size == 1) return [value];
        var json = JsonSerializer.SerializeToUtf8Bytes(value);
        var lengths = new byte[Size * sizeof(int)];
        _to.Gather(BitConverter.GetBytes(json.Length), lengths);
        var each = MemoryMarshal.Cast<byte, int>(lengths).ToArray();
        var (most, all) = (each.Max(), new byte[Size * each.Max()]);
        Array.Resize(ref json, most);
        _to.Gather(json, all);
        return [.. each.Select((n, r) => JsonSerializer.Deserialize<T>(all.AsSpan(r * most, n))!)];
    }

    /// <summary>Whether it is so for at least one.</summary>
    public bool Any(bool value) => Size == 1 ? value : Sum(value ? 1 : 0) > 0;

    /// <summary>Reasons by place of those that have some: nearly always nobody.</summary>
    public IReadOnlyDictionary<int, string> Union(IReadOnlyDictionary<int, string> own) =>
        Any(own.Count > 0) ? Everybody(own).SelectMany(d => d).ToDictionary(f => f.Key, f => f.Value) : own;

    /// <summary>Does something in the first one alone; where it fails, all fail.</summary>
    /// <returns>The result; the default elsewhere.</returns>
    /// <exception cref="AgreedException">It failed.</exception>
    public T? First<T>(Func<T> action)
    {
        if (Size == 1) return action();
        var (result, failure) = IsFirst ? Try(action) : default;
        var outcome = FromFirst(AgreedException.OutcomeOf(failure));
        return outcome.Message is null ? result : throw new AgreedException(outcome.Message, outcome.IsRefusal);
    }

    /// <summary>Does something in each; where one fails, all fail.</summary>
    /// <exception cref="AgreedException">One failed, the first in order.</exception>
    public T All<T>(Func<T> action)
    {
        if (Size == 1) return action();
        var (result, failure) = Try(action);
        foreach (var (rank, outcome) in Everybody(AgreedException.OutcomeOf(failure)).Index())
        {
            if (outcome.Message is null) continue;
            (result as IDisposable)?.Dispose();
            throw new AgreedException(rank == 0 ? outcome.Message : $"{Place(rank)}: {outcome.Message}", outcome.IsRefusal);
        }
        return result!;
    }

    /// <summary>A process in words.</summary>
    public string Place(int rank) => $"host {Seats[rank].Host}, process {rank} of {Size}";

    /// <summary>Ends all of them, wherever they are.</summary>
    public void Abort(int exitCode) => _to.Abort(exitCode);

    /// <inheritdoc/>
    public void Dispose() => _to.Dispose();

    private static unsafe nint AddressOf(Tensor values)
    {
        fixed (byte* at = values.bytes) return (nint)at; // memory of torch, which does not move
    }

    private static (T? Result, Exception? Failure) Try<T>(Func<T> action)
    {
        try { return (action(), null); }
        catch (Exception e) when (AgreedException.Is(e)) { return (default, e); }
    }
}

/// <summary>Bytes that a process has given to the others.</summary>
/// <param name="Gathered">Its own rows.</param>
/// <param name="Summed">Values that were summed.</param>
internal sealed record Traffic(long Gathered, long Summed);
