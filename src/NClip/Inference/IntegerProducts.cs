using System.Runtime.Intrinsics.X86;
using NClip.Checkpoints;

namespace NClip.Inference;

/// <summary>
/// Which form of 8-bit weights ONNX Runtime's MatMulInteger multiplies exactly on this processor. On x86 without VNNI its kernel for u8 by s8 adds
/// neighbouring products in 16 bits that saturate (vpmaddubsw: 255·127 + 255·127 becomes 32,767); the one for u8 by u8 widens first (vpmaddwd).
/// </summary>
internal static class IntegerProducts
{
    /// <summary>Int8 where products with it are exact, and quick; else UInt8 with zero at 128. The answers are the same.</summary>
    public static TensorType Weights { get; } = X86Base.IsSupported && !HasVnni() ? TensorType.UInt8 : TensorType.Int8;

    /// <summary>AVX512_VNNI (leaf 7, ecx bit 11) or AVX-VNNI (leaf 7.1, eax bit 4), where the system saves those registers.</summary>
    private static bool HasVnni()
    {
        if (X86Base.CpuId(0, 0).Eax < 7) return false;
        var (leaves, _, ecx, _) = X86Base.CpuId(7, 0);
        return (Avx512BW.IsSupported && (ecx & (1 << 11)) != 0) || (Avx2.IsSupported && leaves >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 4)) != 0);
    }
}
