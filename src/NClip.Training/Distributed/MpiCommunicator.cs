using NClip.Training.RunFiles;

namespace NClip.Training.Distributed;

/// <summary>All processes of an MPI launcher, by a few functions of its library.</summary>
internal sealed unsafe class MpiCommunicator : ICommunicator
{
    /// <summary>Elements of one call: MPI counts them in 32 bits, and libraries are best at some megabytes.</summary>
    private const int Piece = 1 << 22;

    private readonly MpiLibrary _mpi;
    private readonly delegate* unmanaged<nint, void*, int, nint, nint, nint, int> _sum;
    private readonly delegate* unmanaged<nint, void*, int, nint, nint, nint, void*, int> _beginSum;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> _gather;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, int> _broadcast;
    private bool _ended;

    /// <summary>Joins the others.</summary>
    /// <exception cref="RunFileException">The library is missing, is not the launcher's, or cannot be called from a program of several threads.</exception>
    public MpiCommunicator(MpiLaunch launch)
    {
        _mpi = MpiLibrary.Open(launch);
        var granted = 0;
        _mpi.Check(((delegate* unmanaged<nint, nint, int, int*, int>)_mpi.Function("MPI_Init_thread"))(0, 0, MpiLibrary.Serialized, &granted), "the start");
        _mpi.Check(((delegate* unmanaged<nint, nint, int>)_mpi.Function("MPI_Comm_set_errhandler"))(_mpi.World, _mpi.Return), "the start");
        _sum = (delegate* unmanaged<nint, void*, int, nint, nint, nint, int>)_mpi.Function("MPI_Allreduce");
        _beginSum = (delegate* unmanaged<nint, void*, int, nint, nint, nint, void*, int>)_mpi.Function("MPI_Iallreduce");
        _gather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)_mpi.Function("MPI_Allgather");
        _broadcast = (delegate* unmanaged<void*, int, nint, int, nint, int>)_mpi.Function("MPI_Bcast");
        (Rank, Size) = (Number("MPI_Comm_rank"), Number("MPI_Comm_size"));
        if (granted < MpiLibrary.Serialized) throw Refused($"{_mpi.Name} was built for programs of one thread (level {granted}; {MpiLibrary.Serialized} is needed). Install one with thread support.");
        if (Size != launch.Size) throw Refused($"the launcher has started {launch.Size} processes, and {_mpi.Name} knows {Size}: it is another MPI than the launcher's. Put that one's library on LD_LIBRARY_PATH.");
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public void Sum(Span<float> values) => Sum(values, _mpi.Float);

    /// <inheritdoc/>
    public void Sum(Span<double> values) => Sum(values, _mpi.Double);

    /// <inheritdoc/>
    public Action BeginSums(IReadOnlyList<SharedValues> all)
    {
        var pieces = all.SelectMany(v => Enumerable.Range(0, (int)((v.Count + Piece - 1) / Piece)).Select(i => (v, From: (long)i * Piece))).ToArray();
        var requests = new MpiRequests(_mpi, pieces.Length);
        foreach (var (i, (v, from)) in pieces.Index())
        {
            var (size, type) = v.AreDouble ? (sizeof(double), _mpi.Double) : (sizeof(float), _mpi.Float);
            _mpi.Check(_beginSum(_mpi.InPlace, (byte*)v.Address + (from * size), (int)Math.Min(Piece, v.Count - from), type, _mpi.Add, _mpi.World, requests[i]), "a sum");
        }
        requests.Move();
        return requests.Wait;
    }

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<byte> own, Span<byte> all)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)own.Length * Size, all.Length);
        fixed (byte* from = own)
        fixed (byte* to = all) _mpi.Check(_gather(from, own.Length, _mpi.Byte, to, own.Length, _mpi.Byte, _mpi.World), "a gathering");
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes)
    {
        fixed (byte* at = bytes) _mpi.Check(_broadcast(at, bytes.Length, _mpi.Byte, 0, _mpi.World), "a broadcast");
    }

    /// <inheritdoc/>
    public void Abort(int exitCode) => ((delegate* unmanaged<nint, int, int>)_mpi.Function("MPI_Abort"))(_mpi.World, exitCode);

    /// <summary>Waits for the others and leaves.</summary>
    public void Dispose()
    {
        if (_ended) return;
        _ended = true;
        ((delegate* unmanaged<int>)_mpi.Function("MPI_Finalize"))();
    }

    private void Sum<T>(Span<T> values, nint type)
        where T : unmanaged
    {
        fixed (T* at = values)
            for (var from = 0; from < values.Length; from += Piece)
                _mpi.Check(_sum(_mpi.InPlace, at + from, Math.Min(Piece, values.Length - from), type, _mpi.Add, _mpi.World), "a sum");
    }

    private RunFileException Refused(string message)
    {
        Dispose();
        return new RunFileException(message);
    }

    private int Number(string function)
    {
        var number = 0;
        _mpi.Check(((delegate* unmanaged<nint, int*, int>)_mpi.Function(function))(_mpi.World, &number), "the start");
        return number;
    }
}
