using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Checkpoints;

public sealed class SealTests : IDisposable
{
    private const int Piece = 1 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Piece)]
    [InlineData((2 * Piece) - 200)]
    [InlineData((3 * Piece) + 5)]
    public void A_sealed_file_holds_until_any_byte_of_it_changes(int length)
    {
        var path = _folder["sealed.safetensors"];
        var data = new byte[length];
        new Random(length).NextBytes(data);
        Safetensors.WriteSealed(path, [("a", TensorType.UInt8, [length], to => to.Write(data)), ("b", TensorType.Float32, [1], to => to.Write(new byte[4]))]);
        Assert.True(Holds(path));
        var whole = File.ReadAllBytes(path);
        foreach (var at in new[] { 8 + whole.AsSpan(8).IndexOf((byte)'a'), whole.Length - 17, whole.Length / 2, whole.Length - 1 })
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            File.WriteAllBytes(path, changed);
            Assert.False(Opens(path) && Holds(path), $"byte {at} of {whole.Length} changed unseen");
        }
    }

    [Fact]
    public void A_file_without_a_seal_does_not_hold()
    {
        Safetensors.Write(_folder["plain.safetensors"], [("a", TensorType.UInt8, [16], new byte[16])]);
        Assert.False(Holds(_folder["plain.safetensors"]));
    }

    [Fact]
    public void The_hash_on_the_way_is_the_one_of_the_bytes_in_whatever_pieces_they_come()
    {
        var data = new byte[(2 * Piece) + 777];
        new Random(1).NextBytes(data);
        foreach (var step in (int[])[997, Piece, Piece + 1, data.Length])
        {
            using var to = new MemoryStream();
            using var writer = new ContentHash.Writer(to);
            for (var at = 0; at < data.Length; at += step) writer.Write(data.AsSpan(at, Math.Min(step, data.Length - at)));
            Assert.Equal(ContentHash.Of(ByteSource.Of(data, "data"), data.Length, TestContext.Current.CancellationToken), writer.Hash());
            Assert.Equal(data, to.ToArray());
        }
    }

    private static bool Holds(string path)
    {
        using var file = StateDict.Open(path);
        return Seal.Holds(file, TestContext.Current.CancellationToken);
    }

    private static bool Opens(string path)
    {
        try
        {
            StateDict.Open(path).Dispose();
            return true;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }
}
