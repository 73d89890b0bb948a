using System.Runtime.Intrinsics.X86;

namespace NClip.Training.Operators;

/// <summary>Whether the processor multiplies bfloat16. Where it does not, libtorch widens every value by itself, and products are slower than in float32.</summary>
internal static class BFloat16Products
{
    /// <summary>null where the processor does not tell.</summary>
    public static bool? AreNative { get; } = Ask();

    /// <summary>What to say to somebody who asks for them, or null.</summary>
    public static string? Warning(string precision) => precision == "bf16" && AreNative == false
        ? "precision is bf16, and this processor multiplies no bfloat16 (x86 has it as AVX512_BF16 or AMX): the run will be slower than with fp32, not faster"
        : null;

    private static bool? Ask()
    {
        if (!X86Base.IsSupported) return null;
        if (X86Base.CpuId(0, 0).Eax < 7) return false;
        var (subleaves, _, _, features) = X86Base.CpuId(7, 0);
        const int Amx = 1 << 22, Avx512 = 1 << 5;
        return (features & Amx) != 0 || (subleaves >= 1 && (X86Base.CpuId(7, 1).Eax & Avx512) != 0);
    }
}
