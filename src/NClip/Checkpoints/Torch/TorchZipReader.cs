using System.Text;

namespace NClip.Checkpoints.Torch;

/// <summary>
/// What torch.save (1.6 and later) and torch.jit.save write: a zip with <c>NAME/data.pkl</c> and one file <c>NAME/data/KEY</c> for each storage.
/// (PyTorch docs, "Serialization semantics")
/// </summary>
internal static class TorchZipReader
{
    public static StateDict Read(ByteSource source)
    {
        var items = ZipDirectory.Read(source);
        var root = FindRoot(source, items);
        if (items.TryGetValue($"{root}byteorder", out var order) && Encoding.ASCII.GetString(ZipDirectory.Content(source, order).Span) is var found && found != "little")
            throw new CheckpointException(source.Name, $"its byte order is '{found}'; NClip reads little endian. Save it again on an ordinary machine.");

        var pickle = items[$"{root}data.pkl"];
        if (pickle.Length > PickleReader.MaxBytes) throw new CheckpointException(source.Name, $"'{pickle.Name}' has {pickle.Length} bytes; at most {PickleReader.MaxBytes} are read.");
        var storages = new Dictionary<(string, TensorType), PyStorage>();
        // Offsets in messages count in the archive where the pickle lies in it as it is.
        var (start, where) = pickle.IsCompressed ? (0, $" of the unpacked {pickle.Name}") : (pickle.Offset, "");
        var machine = new PickleReader(source.Name, ZipDirectory.Content(source, pickle).Span, start, where, id =>
        {
            var storage = TorchStorage.Parse(id);
            if (storage.Base is not null) throw new FormatException("a storage of a zip archive is a part of another");
            if (storages.TryGetValue((storage.Key, storage.Type), out var known)) return known;
            if (!items.TryGetValue($"{root}data/{storage.Key}", out var item) && !items.TryGetValue($"{root}tensors/{storage.Key}", out item))
                throw new FormatException($"storage '{storage.Key}' is not in the archive: the entry '{root}data/{storage.Key}' is missing");
            var size = storage.Type.Size();
            if (item.Length / size != storage.Count) throw new FormatException($"storage '{storage.Key}' should have {storage.Count} elements of {size} bytes, the entry '{item.Name}' has {item.Length} bytes");
            storage.Region = new StorageRegion(source, item.Offset, item.Length, item.IsCompressed ? () => ZipDirectory.Content(source, item) : null);
            return storages[(storage.Key, storage.Type)] = storage;
        });
        return TorchStateDict.Of(source, machine.Read());
    }

    private static string FindRoot(ByteSource source, Dictionary<string, ZipItem> items)
    {
        var pickles = items.Keys.Where(n => n.EndsWith("data.pkl", StringComparison.Ordinal) && n.Split('/') is ["data.pkl"] or [_, "data.pkl"]).ToList();
        if (pickles is [var one]) return one[..^"data.pkl".Length];
        if (pickles.Count > 1) throw new CheckpointException(source.Name, $"the zip holds several archives ({string.Join(", ", pickles.Take(4))}). Unpack the one you mean.");
        var names = items.Count == 0 ? "it is empty" : "it holds " + string.Join(", ", items.Keys.Take(4)) + (items.Count > 4 ? ", …" : "");
        throw new CheckpointException(source.Name, items.Keys.Any(n => n.EndsWith(".npy", StringComparison.Ordinal))
            ? "is a NumPy archive (.npz), not a PyTorch file. Save the arrays as safetensors."
            : items.ContainsKey("model.json") || items.Keys.Any(n => n.EndsWith("/model.json", StringComparison.Ordinal))
            ? "is a TorchScript archive from before PyTorch 1.4. Load and save it with a newer PyTorch."
            : $"is a zip but not one that PyTorch wrote: it has no data.pkl ({names}). If it was packed for sending, unpack it first.");
    }
}
