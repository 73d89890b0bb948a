using System.Buffers.Binary;
using System.Numerics;

namespace NClip.Checkpoints.Torch;

/// <summary>
/// What torch.save wrote before 1.6: five pickles (magic number, protocol, system, the object, the storages' keys), then each
/// storage as i64 count and elements, in the order of the keys. (torch/serialization.py, _legacy_load)
/// </summary>
internal static class TorchLegacyReader
{
    private static readonly BigInteger _magic = BigInteger.Parse("1950a86a20f9469cfc6c", System.Globalization.NumberStyles.HexNumber);

    public static StateDict Read(ByteSource source)
    {
        var at = 0L;
        var storages = new Dictionary<string, PyStorage>();
        if (Next(source, ref at, NoStorage) is not BigInteger magic || magic != _magic)
            throw new CheckpointException(source.Name, "is a Python pickle, but not one that torch.save wrote (its first value is not torch's magic number). Use a saved state_dict, best as safetensors.");
        if (Next(source, ref at, NoStorage) is not 1001L) throw new CheckpointException(source.Name, "is a torch file of an unknown legacy protocol; 1001 is the one that is read.");
        if (Next(source, ref at, NoStorage) is not PyDict system || system["little_endian"] is not true)
            throw new CheckpointException(source.Name, "was saved on a big endian machine; NClip reads little endian. Save it again on an ordinary machine.");

        var root = Next(source, ref at, id =>
        {
            var storage = TorchStorage.Parse(id);
            var whole = storage.Base ?? storage;
            if (!storages.TryGetValue(whole.Key, out var known)) known = storages[whole.Key] = whole;
            if (known.Type != whole.Type || known.Count != whole.Count) throw new FormatException($"storage '{whole.Key}' is described in two ways");
            return storage.Base is null ? known : new PyStorage(storage.Key, storage.Type, storage.Count) { Base = known, BaseOffset = storage.BaseOffset };
        });
        var keys = Next(source, ref at, NoStorage) as PyList ?? throw new CheckpointException(source.Name, $"the storages' keys before byte {at} are no list. The file is damaged.");
        foreach (var key in keys.Items)
        {
            if (key is not string name || !storages.TryGetValue(name, out var storage)) throw new CheckpointException(source.Name, $"storage '{key}' at byte {at} is used by no tensor. The file is damaged.");
            if (storage.Region is not null) throw new CheckpointException(source.Name, $"storage '{name}' at byte {at} is there twice. The file is damaged.");
            var count = BinaryPrimitives.ReadInt64LittleEndian(source.Span(at, 8));
            if (count != storage.Count) throw new CheckpointException(source.Name, $"storage '{name}' at byte {at} has {count} elements, its tensors expect {storage.Count}. The file is damaged.");
            var bytes = count * storage.Type.Size();
            if (bytes > source.Length - at - 8) throw new CheckpointException(source.Name, $"storage '{name}' at byte {at} needs {bytes} bytes, {source.Length - at - 8} are left. The file is cut; get it again.");
            storage.Region = new StorageRegion(source, at + 8, bytes);
            at += 8 + bytes;
        }
        if (at != source.Length) throw new CheckpointException(source.Name, $"{source.Length - at} bytes follow the last storage, which ends at byte {at}. The file is damaged.");
        return TorchStateDict.Of(source, root);
    }

    private static PyStorage NoStorage(PyTuple id) => throw new FormatException("a storage is named before the object begins");

    private static object? Next(ByteSource source, ref long at, Func<PyTuple, PyStorage> loadStorage)
    {
        var machine = new PickleReader(source.Name, source.Span(at, Math.Min(PickleReader.MaxBytes, source.Length - at)), at, "", loadStorage);
        var value = machine.Read();
        at += machine.Consumed;
        return value;
    }
}
