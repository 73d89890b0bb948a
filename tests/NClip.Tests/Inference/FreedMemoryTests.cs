using System.Runtime.InteropServices;
using NClip.Inference;
using Xunit;

namespace NClip.Tests.Inference;

public sealed unsafe class FreedMemoryTests
{
    // Larger than any piece that may lie free in the heap from before: such a one would be used.
    private const int Large = 512 << 20;

    private const nuint IsMapped = 2; // of the word before a block of glibc's

    [Fact]
    public void A_large_block_is_the_systems_again_when_it_is_freed_however_often_its_like_was()
    {
        if (!NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "gnu_get_libc_version", out _) || FreedMemory.IsSetByTheUser)
        {
            Assert.False(FreedMemory.GiveBack());
            return;
        }
        Assert.True(FreedMemory.GiveBack());
        for (var i = 0; i < 3; i++)
        {
            var block = (nuint*)NativeMemory.Alloc(Large);
            Assert.Equal(IsMapped, block[-1] & IsMapped);
            NativeMemory.Free(block);
        }
    }
}
