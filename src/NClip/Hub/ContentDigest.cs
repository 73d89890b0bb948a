using System.Security.Cryptography;
using System.Text;

namespace NClip.Hub;

/// <summary>The hash by which the hub names a file: sha256 for large files (LFS), git's blob sha1 for small ones, none where the server's etag is neither.</summary>
internal sealed record ContentDigest
{
    private enum Kind { None, GitBlob, Sha256 }

    private readonly Kind _kind;

    private ContentDigest(Kind kind, string hex) => (_kind, Hex) = (kind, hex);

    /// <summary>Expected hash in lower-case hexadecimal; empty where there is none.</summary>
    public string Hex { get; }

    /// <summary>'sha256' or 'git blob sha1'.</summary>
    public string Name => _kind == Kind.Sha256 ? "sha256" : "git blob sha1";

    /// <summary>There is a hash to compare with.</summary>
    public bool Exists => _kind != Kind.None;

    public static ContentDigest Sha256(string hex) => new(Kind.Sha256, hex);

    public static ContentDigest FromETag(string etag)
    {
        var hex = etag.ToLowerInvariant();
        if (!hex.All(char.IsAsciiHexDigit)) return new(Kind.None, "");
        return hex.Length switch { 64 => new(Kind.Sha256, hex), 40 => new(Kind.GitBlob, hex), _ => new(Kind.None, "") };
    }

    /// <param name="length">Bytes of the whole file: git hashes them in front of it.</param>
    public IncrementalHash? Start(long length)
    {
        if (_kind == Kind.None) return null;
        if (_kind == Kind.Sha256) return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
#pragma warning disable CA5350 // git's object names are sha1; it is compared with a name, not trusted as a signature
        var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        sha1.AppendData(Encoding.ASCII.GetBytes($"blob {length}\0"));
        return sha1;
    }

    /// <summary>The hash of a file, or null where this digest has none to compare with.</summary>
    public async Task<string?> OfFileAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        using var hash = Start(file.Length);
        if (hash is null) return null;
        await AppendAsync(hash, file, cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Hashes the rest of a stream.</summary>
    public static async Task AppendAsync(IncrementalHash? hash, Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 20];
        int n;
        while ((n = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0) hash?.AppendData(buffer, 0, n);
    }
}
