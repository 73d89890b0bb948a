using System.Runtime.InteropServices;
using NClip.Training.RunFiles;

namespace NClip.Training.Distributed;

/// <summary>
/// An MPI library as it is found at run time. MPICH and those that keep its binary interface (Intel's, Cray's) name what they have by fixed numbers, OpenMPI by the
/// addresses of exported symbols; functions are the same. Handles of both fit a native integer.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    /// <summary>Any thread may call, one at a time.</summary>
    public const int Serialized = 2;

    private const int MostText = 1024;

    private static readonly string[] _mpich = ["libmpi.so.12", "libmpich.so.12", "libmpich.so"], _openMpi = ["libmpi.so.40", "libmpi.so"];

    private readonly nint _library;
    private readonly bool _isOpenMpi;

    private MpiLibrary(nint library, string name)
    {
        (_library, Name, _isOpenMpi) = (library, name, NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _));
        (World, Float, Double, Byte, Add, Return) = (Handle("comm_world", 0x44000000), Handle("float", 0x4c00040a), Handle("double", 0x4c00080b), Handle("byte", 0x4c00010d), Handle("op_sum", 0x58000003), Handle("errors_return", 0x54000001));
    }

    /// <summary>The file that it was found as.</summary>
    public string Name { get; }

    /// <summary>MPI_COMM_WORLD.</summary>
    public nint World { get; }

    /// <summary>MPI_FLOAT.</summary>
    public nint Float { get; }

    /// <summary>MPI_DOUBLE.</summary>
    public nint Double { get; }

    /// <summary>MPI_BYTE.</summary>
    public nint Byte { get; }

    /// <summary>MPI_SUM.</summary>
    public nint Add { get; }

    /// <summary>MPI_ERRORS_RETURN.</summary>
    public nint Return { get; }

    /// <summary>MPI_IN_PLACE.</summary>
    public nint InPlace => _isOpenMpi ? 1 : -1;

    /// <summary>MPI_STATUSES_IGNORE.</summary>
    public nint NoStatuses => _isOpenMpi ? 0 : 1;

    /// <summary>Bytes of an MPI_Request.</summary>
    public int RequestSize => _isOpenMpi ? sizeof(nint) : sizeof(int);

    /// <summary>Loads the library of a launcher.</summary>
    /// <exception cref="RunFileException">There is none; the message names what to install.</exception>
    public static MpiLibrary Open(MpiLaunch launch)
    {
        string[] names = launch.OpenMpi ? [.. _openMpi, .. _mpich] : [.. _mpich, .. _openMpi];
        foreach (var name in names)
            if (NativeLibrary.TryLoad(name, out var library)) return new MpiLibrary(library, name);
        throw new RunFileException($"{launch.Size} processes were started together, and there is no MPI library through which they could speak: {string.Join(", ", names)} were looked for. Install {(launch.OpenMpi ? "OpenMPI (Debian: libopenmpi3)" : "MPICH (Debian: mpich)")}, put it on LD_LIBRARY_PATH, or start one process.");
    }

    /// <summary>The address of a function.</summary>
    /// <exception cref="RunFileException">The library has none of this name.</exception>
    public nint Function(string name) => NativeLibrary.TryGetExport(_library, name, out var address) ? address : throw new RunFileException($"{Name} has no function {name}: it is no MPI library.");

    /// <summary>Throws where a call has not returned 0.</summary>
    /// <exception cref="LostProcessException">With MPI's own words.</exception>
    public void Check(int result, string what)
    {
        if (result == 0) return;
        var text = stackalloc byte[MostText];
        var length = 0;
        var described = ((delegate* unmanaged<int, byte*, int*, int>)Function("MPI_Error_string"))(result, text, &length) == 0;
        throw new LostProcessException($"{what} of the processes failed: {(described ? System.Text.Encoding.UTF8.GetString(text, length) : $"MPI error {result}")}. Another process, its host or the network between has gone; start the run again, it goes on at the last checkpoint.");
    }

    private nint Handle(string openMpi, nint mpich) => _isOpenMpi ? Function("ompi_mpi_" + openMpi) : mpich;
}
