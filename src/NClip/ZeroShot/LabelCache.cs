namespace NClip.ZeroShot;

/// <summary>Class weights that were made before, the least recently used of which make room. Thread-safe.</summary>
/// <param name="capacity">Classes kept; 0: none.</param>
internal sealed class LabelCache(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ClassKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _used = []; // latest first

    private readonly record struct Entry(ClassKey Key, float[] Weight);

    /// <summary>Classes kept at most.</summary>
    public int Capacity => capacity;

    /// <summary>The unit weight [D] of a class, or null.</summary>
    public float[]? Find(ClassKey key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node)) return null;
            _used.Remove(node);
            _used.AddFirst(node);
            return node.Value.Weight;
        }
    }

    /// <summary>Keeps a class's weight, which nobody changes any more.</summary>
    public void Add(ClassKey key, float[] weight)
    {
        if (capacity == 0) return;
        lock (_lock)
        {
            if (_entries.ContainsKey(key)) return; // another call was faster
            if (_entries.Count == capacity)
            {
                _entries.Remove(_used.Last!.Value.Key);
                _used.RemoveLast();
            }
            _entries.Add(key, _used.AddFirst(new Entry(key, weight)));
        }
    }
}
