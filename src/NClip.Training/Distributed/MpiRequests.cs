using System.Runtime.InteropServices;

namespace NClip.Training.Distributed;

/// <summary>
/// Calls of MPI that were begun and have not ended. Libraries move data while they are called, so a thread asks now and then until somebody waits: it sleeps in between,
/// for the processors belong to the backward pass. MPI is then called by that thread alone.
/// </summary>
internal sealed unsafe class MpiRequests
{
    private const string What = "a sum";

    private readonly MpiLibrary _mpi;
    private readonly int _count;
    private readonly byte* _requests;
    private volatile bool _areWanted;
    private Task _moving = Task.CompletedTask;

    /// <param name="mpi">The library.</param>
    /// <param name="count">How many calls will be begun.</param>
    public MpiRequests(MpiLibrary mpi, int count)
    {
        (_mpi, _count) = (mpi, count);
        _requests = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(1, count), (nuint)mpi.RequestSize);
    }

    /// <summary>Where the call with this number writes its request.</summary>
    public void* this[int number] => _requests + ((long)number * _mpi.RequestSize);

    /// <summary>Once all are begun: moves them on in the background.</summary>
    public void Move() => _moving = Task.Factory.StartNew(
        () =>
        {
            while (!HaveEnded() && !_areWanted) Thread.Sleep(1);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>Waits until all have ended.</summary>
    /// <exception cref="LostProcessException">One has failed.</exception>
    public void Wait()
    {
        try
        {
            _areWanted = true;
            _moving.GetAwaiter().GetResult();
            _mpi.Check(((delegate* unmanaged<int, void*, nint, int>)_mpi.Function("MPI_Waitall"))(_count, _requests, _mpi.NoStatuses), What);
        }
        finally
        {
            NativeMemory.Free(_requests);
        }
    }

    private bool HaveEnded()
    {
        var ended = 0;
        _mpi.Check(((delegate* unmanaged<int, void*, int*, nint, int>)_mpi.Function("MPI_Testall"))(_count, _requests, &ended, _mpi.NoStatuses), What);
        return ended != 0;
    }
}
