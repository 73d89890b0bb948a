using System.Runtime.InteropServices;
using NClip.Inference;
using Xunit;

namespace NClip.Training.Tests.Runs;

public sealed unsafe class KeptMemoryTests
{
    private const nuint IsMapped = 2; // of the word before a block of glibc's

    [Fact]
    public void A_large_block_comes_from_the_heap_where_a_step_wants_it_again()
    {
        var glibc = NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "gnu_get_libc_version", out _);
        FreedMemory.GiveBack(); // a session that was made before, for an evaluation
        var kept = FreedMemory.Keep();
        if (!glibc || !kept)
        {
            Assert.True(!kept && (!glibc || FreedMemory.IsSetByTheUser));
            return;
        }
        var block = (nuint*)NativeMemory.Alloc(4 << 20);
        Assert.Equal((nuint)0, block[-1] & IsMapped);
        NativeMemory.Free(block);
    }
}
