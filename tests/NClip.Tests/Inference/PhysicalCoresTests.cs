using NClip.Inference;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>How many threads a tower gets by default.</summary>
public sealed class PhysicalCoresTests
{
    [Theory]
    [InlineData(4, 8, "0,4 1,5 2,6 3,7 0,4 1,5 2,6 3,7")] // two threads a core
    [InlineData(2, 2, "0 1")]
    [InlineData(3, 3, "0,4 1,5 2,6 3,7 0,4 1,5 2,6 3,7")] // the container's limit is less
    [InlineData(6, 6, "")] // nothing is told
    public void Threads_of_one_core_count_once(int expected, int processors, string siblings)
    {
        using var folder = new TemporaryFolder();
        foreach (var (i, s) in siblings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Index()) folder.Write($"cpu{i}/topology/thread_siblings_list", s + "\n");
        Assert.Equal(expected, PhysicalCores.Of(folder.Path, processors));
    }

    [Fact]
    public void There_is_at_least_one() => Assert.InRange(PhysicalCores.Count, 1, Environment.ProcessorCount);
}
