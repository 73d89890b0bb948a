using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace NClip.Tests.Checkpoints;

/// <summary>Writes pickles opcode by opcode, good ones and bad ones.</summary>
internal sealed class PickleBuilder
{
    private readonly List<byte> _bytes = [];

    public PickleBuilder(int protocol = 2) => Op(0x80, (byte)protocol);

    public byte[] Done() => [.. _bytes, (byte)'.'];

    public PickleBuilder Op(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleBuilder Op(char opcode) => Op((byte)opcode);

    public PickleBuilder Text(string s)
    {
        var b = Encoding.UTF8.GetBytes(s);
        return Op('X').Op(BitConverter.GetBytes(b.Length)).Op(b);
    }

    public PickleBuilder Int(long n)
    {
        if (n is >= 0 and < 256) return Op((byte)'K', (byte)n);
        if (n is >= int.MinValue and <= int.MaxValue) return Op('J').Op(BitConverter.GetBytes((int)n));
        return Op(0x8a, 8).Op(BitConverter.GetBytes(n));
    }

    public PickleBuilder Global(string module, string name) => Op('c').Op(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleBuilder Tuple(params long[] items)
    {
        Op('(');
        foreach (var n in items) Int(n);
        return Op('t');
    }

    public PickleBuilder Storage(string key, long count, string type = "FloatStorage", bool legacy = false)
    {
        Op('(').Text("storage").Global("torch", type).Text(key).Text("cpu").Int(count);
        if (legacy) Op('N');
        return Op('t').Op('Q');
    }

    public PickleBuilder Tensor(string key, long count, long offset, long[] shape, long[] strides, string type = "FloatStorage", bool legacy = false)
        => Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage(key, count, type, legacy).Int(offset).Tuple(shape).Tuple(strides)
            .Op(0x89).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
}

/// <summary>Small torch files, made here because no torch is at hand.</summary>
internal static class TorchFiles
{
    public static byte[] Floats(params float[] values)
    {
        var bytes = new byte[4 * values.Length];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return bytes;
    }

    /// <summary>A zip as torch.save writes it.</summary>
    public static byte[] Zip(byte[] pickle, IReadOnlyDictionary<string, byte[]> storages, CompressionLevel level = CompressionLevel.NoCompression, params (string Name, byte[] Content)[] more)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            void Add(string name, byte[] content)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }
            Add("archive/data.pkl", pickle);
            foreach (var (key, bytes) in storages) Add($"archive/data/{key}", bytes);
            foreach (var (name, content) in more) Add(name, content);
        }
        return stream.ToArray();
    }

    /// <summary>A file as torch.save wrote it before 1.6.</summary>
    public static byte[] Legacy(byte[] pickle, params (string Key, byte[] Bytes)[] storages)
    {
        var keys = new PickleBuilder().Op(']').Op('(');
        foreach (var (key, _) in storages) keys.Text(key);
        byte[] file =
        [
            .. new PickleBuilder().Op(0x8a, 10).Op(Convert.FromHexString("6CFC9C46F9206AA85019")).Done(),
            .. new PickleBuilder().Int(1001).Done(),
            .. new PickleBuilder().Op('}').Text("little_endian").Op(0x88).Op('s').Done(),
            .. pickle, .. keys.Op('e').Done(),
        ];
        foreach (var (_, bytes) in storages) file = [.. file, .. BitConverter.GetBytes(bytes.Length / 4L), .. bytes];
        return file;
    }

    /// <summary>A stored zip64 archive: every size and offset is in the 64-bit fields.</summary>
    public static byte[] Zip64(params (string Name, byte[] Content)[] entries)
    {
        var (data, directory) = (new MemoryStream(), new MemoryStream());
        foreach (var (name, content) in entries)
        {
            var at = data.Position;
            var n = Encoding.UTF8.GetBytes(name);
            var extra = new byte[28];
            BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(extra.AsSpan(2), 24);
            BinaryPrimitives.WriteInt64LittleEndian(extra.AsSpan(4), content.Length);
            BinaryPrimitives.WriteInt64LittleEndian(extra.AsSpan(12), content.Length);
            BinaryPrimitives.WriteInt64LittleEndian(extra.AsSpan(20), at);
            Write(data, 0x04034b50u, (ushort)45, (ushort)0, (ushort)0, 0u, 0u, uint.MaxValue, uint.MaxValue, (ushort)n.Length, (ushort)20);
            data.Write(n);
            data.Write([1, 0, 16, 0, .. extra[4..20]]);
            data.Write(content);
            Write(directory, 0x02014b50u, (ushort)45, (ushort)45, (ushort)0, (ushort)0, 0u, 0u, uint.MaxValue, uint.MaxValue, (ushort)n.Length, (ushort)28, (ushort)0, (ushort)0, (ushort)0, 0u, uint.MaxValue);
            directory.Write(n);
            directory.Write(extra);
        }
        var (begin, size) = (data.Position, directory.Length);
        directory.WriteTo(data);
        var end = data.Position;
        Write(data, 0x06064b50u, 44ul, (ushort)45, (ushort)45, 0u, 0u, (ulong)entries.Length, (ulong)entries.Length, (ulong)size, (ulong)begin);
        Write(data, 0x07064b50u, 0u, (ulong)end, 1u);
        Write(data, 0x06054b50u, (ushort)0, (ushort)0, ushort.MaxValue, ushort.MaxValue, uint.MaxValue, uint.MaxValue, (ushort)0);
        return data.ToArray();
    }

    private static void Write(Stream to, params object[] values)
    {
        foreach (var v in values)
            to.Write(v switch { ushort s => BitConverter.GetBytes(s), uint i => BitConverter.GetBytes(i), ulong l => BitConverter.GetBytes(l), _ => throw new ArgumentException($"{v}") });
    }
}
