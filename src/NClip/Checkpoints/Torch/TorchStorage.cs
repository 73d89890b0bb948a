namespace NClip.Checkpoints.Torch;

/// <summary>Persistent ids of torch pickles: ('storage', type, key, location, count[, view]).</summary>
internal static class TorchStorage
{
    /// <summary>The described storage, not yet tied to bytes; throws <see cref="FormatException"/> with the reason.</summary>
    public static PyStorage Parse(PyTuple id)
    {
        if (id.Items is not ["storage", PyGlobal { Kind: PyGlobalKind.Storage } type, string key, _, long count, ..] || id.Items.Length > 6)
            throw new FormatException("a persistent id is none of a torch storage");
        if (count < 0 || count > long.MaxValue / type.Type.Size()) throw new FormatException($"storage '{key}' has {count} elements");
        var whole = new PyStorage(key, type.Type, count);
        if (id.Items is not [.., PyTuple { Items: [string viewKey, long offset, long viewCount] }] || id.Items.Length < 6) return whole;
        if (offset < 0 || viewCount < 0 || offset > count - viewCount) throw new FormatException($"storage '{viewKey}' is elements {offset} to {offset + viewCount} of storage '{key}', which has {count}");
        return new PyStorage(viewKey, type.Type, viewCount) { Base = whole, BaseOffset = offset };
    }
}
