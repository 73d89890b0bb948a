namespace NClip.Training.RunFiles;

/// <summary>Changes that the command line makes to a run file: <c>--set lr=5e-4</c>, <c>--set data.train.1.weight=2</c>.</summary>
internal static class RunOverrides
{
    /// <summary>Changes one value of the table.</summary>
    /// <exception cref="RunFileException">It is no KEY=VALUE, or the key is none, or one of several tables.</exception>
    public static void Apply(RunTable table, string change)
    {
        var place = $"--set {change}";
        var equals = change.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1) throw new RunFileException("KEY=VALUE was expected, as in --set lr=5e-4.", place);
        var path = Full(change[..equals].Trim(), place).Split('.');
        var at = table;
        for (var i = 0; i < path.Length - 1; i++) at = Below(at, path, ref i, place);
        at.Set(path[^1], RunFileReader.Value(change[(equals + 1)..].Trim(), place));
    }

    /// <summary>A key alone means the table that has it.</summary>
    private static string Full(string key, string place)
    {
        if (key.Contains('.', StringComparison.Ordinal)) return key;
        string[] homes = [.. RunSections.All.Where(t => t.Keys.Any(k => k.Name == key)).Select(t => t.Head.Trim('[', ']'))];
        return homes switch
        {
            [var one] => RunSections.Path(one, key),
            [] => throw RunSections.Unknown(key, "", [.. RunSections.All.SelectMany(t => t.Keys).Select(k => k.Name).Distinct()], new RunNode(key, place)),
            _ => throw new RunFileException($"several tables have the key {key}. Name one: {string.Join(", ", homes.Select(h => RunSections.Path(h, key)))}.", place),
        };
    }

    /// <summary>The table one step down, made where it is not there; of a list of tables the one whose number follows, or the only one.</summary>
    private static RunTable Below(RunTable at, string[] path, ref int i, string place)
    {
        var name = path[i];
        switch (at[name]?.Value)
        {
            case null:
                var made = new RunTable();
                at.Set(name, new RunNode(made, place));
                return made;
            case RunTable table: return table;
            case List<RunNode> list:
                if (i + 2 < path.Length && int.TryParse(path[i + 1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
                {
                    i++;
                    return number < list.Count && list[number].Value is RunTable t ? t : throw new RunFileException($"there are {list.Count} tables {name}; the first is number 0.", place);
                }
                return list is [{ Value: RunTable only }] ? only : throw new RunFileException($"there are {list.Count} tables {name}; say which by its number, as in data.train.0.source.", place);
            default: throw new RunFileException($"{name} is no table.", place);
        }
    }
}
