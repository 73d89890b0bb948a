using System.Globalization;
using NClip.Training.RunFiles;

namespace NClip.Training.Distributed;

/// <summary>Whether this process is one of several, as its launcher says in the environment. Without a launcher no MPI is looked for.</summary>
/// <param name="Size">Processes.</param>
/// <param name="OpenMpi">Whether the launcher is OpenMPI's: another library speaks to it.</param>
internal sealed record MpiLaunch(int Size, bool OpenMpi)
{
    /// <summary>Reads the variables of mpiexec (MPICH and its kin), mpirun (OpenMPI) and srun.</summary>
    /// <param name="variable">The environment.</param>
    /// <returns>Null for a process that was started alone.</returns>
    /// <exception cref="RunFileException">srun started several, and none knows of the others.</exception>
    public static MpiLaunch? Of(Func<string, string?> variable)
    {
        int? Number(string name) => int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;
        if (Number("OMPI_COMM_WORLD_RANK") is not null) return Several(Number("OMPI_COMM_WORLD_SIZE"), true);
        if (Number("PMI_RANK") is not null) return Several(Number("PMI_SIZE"), false);
        if (Number("PMIX_RANK") is not null) return Several(Number("SLURM_STEP_NUM_TASKS"), true);
        if (Number("SLURM_PROCID") is not null && Number("SLURM_STEP_NUM_TASKS") > 1)
            throw new RunFileException($"srun has started {variable("SLURM_STEP_NUM_TASKS")} tasks that do not know of each other. Give it --mpi=pmi2 (MPICH), or -n 1.");
        return null;
    }

    private static MpiLaunch? Several(int? size, bool openMpi) => size > 1 ? new(size.Value, openMpi) : null;
}
