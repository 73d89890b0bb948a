using System.Security.Cryptography;

namespace NClip.Tests;

/// <summary>The digest of the references; NClip.PlatformTests has its own, without OpenSSL.</summary>
internal static class Digest
{
    public static byte[] Sha256(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes);
}
