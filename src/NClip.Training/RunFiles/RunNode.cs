namespace NClip.Training.RunFiles;

/// <summary>A value of a run file and where it stands.</summary>
/// <param name="Value">string, long, double, bool, <see cref="RunTable"/> or a list of nodes.</param>
/// <param name="Place">File and line, for messages.</param>
internal sealed record RunNode(object Value, string Place);

/// <summary>A table of a run file: names to values, in the file's order.</summary>
internal sealed class RunTable
{
    private readonly OrderedDictionary<string, RunNode> _values = new(StringComparer.Ordinal);

    /// <summary>The values, in order.</summary>
    public IEnumerable<KeyValuePair<string, RunNode>> Values => _values;

    /// <summary>The value of a name, or null.</summary>
    public RunNode? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Adds what the file says of a name; a table that is opened again goes on, and so does a list of tables.</summary>
    /// <exception cref="RunFileException">The name has a value already.</exception>
    public void Add(string name, RunNode node)
    {
        if (!_values.TryGetValue(name, out var old))
        {
            _values[name] = node;
            return;
        }
        switch (old.Value, node.Value)
        {
            case (RunTable first, RunTable second):
                foreach (var (key, value) in second.Values) first.Add(key, value);
                break;
            case (List<RunNode> first, List<RunNode> second) when first.Concat(second).All(n => n.Value is RunTable):
                first.AddRange(second);
                break;
            default:
                throw new RunFileException($"{name} is given twice, first at {old.Place}. Give it once.", node.Place);
        }
    }

    /// <summary>Gives a name a value, whatever it had.</summary>
    public void Set(string name, RunNode node) => _values[name] = node;
}
