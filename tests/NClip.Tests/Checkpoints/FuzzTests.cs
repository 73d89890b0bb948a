using System.IO.Compression;
using NClip.Checkpoints;
using NClip.Checkpoints.Torch;
using Xunit;

namespace NClip.Tests.Checkpoints;

/// <summary>Damaged files of every kind, made from good ones: read, or refused with a typed exception; never another error, never memory beyond the file's size.</summary>
public class FuzzTests
{
    private const int Inputs = 25_000;

    /// <summary>What one small input may allocate: parsing costs some multiple of its size, an unpacked entry at most deflate's ratio.</summary>
    private const long AllocationLimit = 8 << 20;

    private static readonly byte[] _storage = TorchFiles.Floats(0, 1, 2, 3, 4, 5);

    private static readonly byte[] _pickle = new PickleBuilder().Op('}').Op('(')
        .Text("module.a").Tensor("0", 6, 0, [2, 3], [3, 1])
        .Text("module.b").Tensor("1", 6, 1, [3, 2], [0, 2], "FloatStorage")
        .Op('u').Done();

    private static readonly Dictionary<string, byte[]> _storages = new() { ["0"] = _storage, ["1"] = _storage };

    [Fact]
    public void Mutated_safetensors()
    {
        var path = Path.Combine(Path.GetTempPath(), $"nclip-fuzz-{Guid.NewGuid():N}.safetensors");
        Safetensors.Write(path, [("a.weight", TensorType.Float32, [2, 3], _storage), ("b", TensorType.Float16, [], new byte[2]), ("c", TensorType.Int64, [0, 7], ReadOnlyMemory<byte>.Empty)], new Dictionary<string, string> { ["format"] = "pt" });
        var seed = File.ReadAllBytes(path);
        File.Delete(path);
        Fuzz(seed, "weights.safetensors", 1);
    }

    [Fact]
    public void Mutated_zip_archives() => Fuzz(TorchFiles.Zip(_pickle, _storages), "weights.pt", 2);

    [Fact]
    public void Mutated_zip64_archives() => Fuzz(TorchFiles.Zip64(("m/data.pkl", _pickle), ("m/data/0", _storage), ("m/data/1", _storage)), "weights.pt", 3);

    [Fact]
    public void Mutated_compressed_archives() => Fuzz(TorchFiles.Zip(_pickle, _storages, CompressionLevel.SmallestSize), "weights.pt", 4);

    [Fact]
    public void Mutated_legacy_pickles() => Fuzz(TorchFiles.Legacy(new PickleBuilder().Op('}').Op('(')
        .Text("a").Tensor("0", 6, 0, [2, 3], [3, 1], legacy: true).Text("b").Tensor("1", 6, 1, [2], [2], legacy: true).Op('u').Done(), ("0", _storage), ("1", _storage)), "weights.pt", 5);

    /// <summary>The pickle alone is damaged, inside a sound archive, so that every mutation reaches the pickle machine.</summary>
    [Fact]
    public void Mutated_pickles_of_TorchScript_trees()
        => Fuzz(TorchReadersTests.ScriptModule(), "weights.pt", 6, pickle => TorchFiles.Zip64(("m/data.pkl", pickle), ("m/data/0", _storage)));

    [Fact]
    public void Mutated_pickles_of_a_real_training_checkpoint()
    {
        var file = File.ReadAllBytes(Reference.Path("model_tiny/c1_openclip_vit/epoch_3.pt"));
        var source = ByteSource.Of(file, "epoch_3.pt");
        var item = ZipDirectory.Read(source)["epoch_3/data.pkl"];
        // The pickle is written over in place: the archive stays sound.
        Fuzz(ZipDirectory.Content(source, item).ToArray(), "epoch_3.pt", 7, pickle =>
        {
            var mutated = (byte[])file.Clone();
            pickle.AsSpan(0, (int)Math.Min(pickle.Length, item.Length)).CopyTo(mutated.AsSpan((int)item.Offset));
            return mutated;
        }, Inputs / 20);
    }

    private static void Fuzz(byte[] seed, string name, int randomSeed, Func<byte[], byte[]>? wrap = null, int inputs = Inputs)
    {
        var random = new Random(randomSeed);
        var (read, refused) = (0, 0);
        for (var i = 0; i < inputs; i++)
        {
            var bytes = i == 0 ? seed : Mutate(seed, random);
            var file = wrap is null ? bytes : wrap(bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var s = CheckpointFormat.Read(ByteSource.Of(file, name));
                foreach (var t in s.Tensors.Values) t.ToFloat32();
                read++;
            }
            catch (CheckpointException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"input {i} of seed {randomSeed}: {e}\n{Convert.ToHexString(file.AsSpan(0, Math.Min(file.Length, 4000)))}");
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= AllocationLimit + 4 * file.Length, $"input {i} of seed {randomSeed} allocated {allocated} bytes for a file of {file.Length}.");
        }
        // Both sides of the readers were reached.
        Assert.True(read > inputs / 200 && refused > inputs / 4, $"{read} read, {refused} refused");
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = new List<byte>(seed);
        for (var n = random.Next(1, 4); n > 0 && bytes.Count > 0; n--)
        {
            var at = random.Next(bytes.Count);
            var run = random.Next(1, Math.Min(16, bytes.Count - at) + 1);
            switch (random.Next(9))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes[at] = _tellingBytes[random.Next(_tellingBytes.Length)]; break;
                case 3: bytes.RemoveRange(at, run); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, run)); break;
                case 5: bytes.Insert(at, _tellingBytes[random.Next(_tellingBytes.Length)]); break;
                case 6 when random.Next(4) == 0: bytes.RemoveRange(at, bytes.Count - at); break;
                case 7: Overwrite(bytes, at, BitConverter.GetBytes(_tellingNumbers[random.Next(_tellingNumbers.Length)]), random.Next(2) == 0 ? 4 : 8); break;
                default: Overwrite(bytes, at, [.. bytes.GetRange(random.Next(bytes.Count), 1), .. bytes.GetRange(Math.Min(at, bytes.Count - run), run)], run); break;
            }
        }
        return [.. bytes];
    }

    private static readonly byte[] _tellingBytes = [0, 1, 0x7f, 0x80, 0xff, .. "(.012NJKMGTUXBC]ael)t}dsuhjqrcRbQ{}[]\",:-9"u8, .. Enumerable.Range(0x80, 0x19).Select(i => (byte)i)];

    private static readonly long[] _tellingNumbers = [0, -1, 1, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 32, 1L << 62, 100_000_000, 64, 255, 65535];

    private static void Overwrite(List<byte> bytes, int at, byte[] with, int count)
    {
        for (var i = 0; i < Math.Min(count, with.Length) && at + i < bytes.Count; i++) bytes[at + i] = with[i];
    }
}
