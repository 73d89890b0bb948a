using NClip.Training.Distributed;
using NClip.Training.RunFiles;
using Xunit;

namespace NClip.Training.Tests.Distributed;

public sealed class MpiLaunchTests
{
    [Theory]
    [InlineData("", 0, false)]
    [InlineData("PMI_RANK=1 PMI_SIZE=4", 4, false)]
    [InlineData("PMI_RANK=0 PMI_SIZE=1", 0, false)]
    [InlineData("PMI_RANK=0 PMI_SIZE=2 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=2", 2, false)]
    [InlineData("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 PMIX_RANK=0", 2, true)]
    [InlineData("PMIX_RANK=1 SLURM_STEP_NUM_TASKS=3", 3, true)]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=2 SLURM_JOB_ID=7", 0, false)] // the job's own script, not a task of srun's
    public void A_process_knows_from_its_launcher_how_many_there_are(string environment, int size, bool openMpi)
    {
        var launch = Of(environment);
        Assert.Equal(size, launch?.Size ?? 0);
        Assert.Equal(openMpi, launch?.OpenMpi ?? false);
    }

    [Fact]
    public void Tasks_of_srun_that_do_not_know_of_each_other_are_refused() =>
        Assert.Contains("--mpi=pmi2", Assert.Throws<RunFileException>(() => Of("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2")).Message);

    private static MpiLaunch? Of(string environment)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(v => v[..v.IndexOf('=')], v => v[(v.IndexOf('=') + 1)..]);
        return MpiLaunch.Of(name => variables.GetValueOrDefault(name));
    }
}
