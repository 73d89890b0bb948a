using System.Globalization;
using System.Text.Json;
using NClip.Training.Data;

namespace NClip.Training.Mini;

/// <summary>The 1000 classes of ImageNet: WordNet id, OpenAI's name, names in Chinese.</summary>
internal sealed class ImageNetNames
{
    private readonly Dictionary<string, int> _index = [];

    public ImageNetNames(MiniPaths paths, WordNet wordNet)
    {
        using var prompts = JsonDocument.Parse(File.ReadAllText(paths.Prompts));
        English = [.. prompts.RootElement.GetProperty("imagenet").GetProperty("classes").EnumerateArray().Select(e => e.GetString()!)];
        using var chinese = JsonDocument.Parse(File.ReadAllText(Path.Combine(paths.Data, "class-names/imagenet-zh.json")));
        Chinese = [.. Enumerable.Range(0, 1000).Select(i => Names(chinese.RootElement.GetProperty(i.ToString(CultureInfo.InvariantCulture)).GetString()!) is { Length: > 0 } names ? names : [English[i]])];

        // The labels give each class by its words; classes are in order of their ids, which settles the few that share their words.
        var labels = File.ReadLines(Path.ChangeExtension(paths.Tower, ".labels.txt")).Select(l => l.Trim()).Where(l => l.Length > 0).Skip(1)
            .Select(l => l[l.IndexOf(' ', StringComparison.Ordinal)..].Trim()).ToArray();
        Ids = new string[1000];
        for (var (i, last) = (0, ""); i < 1000; i++)
        {
            var words = labels[i].Split(',', StringSplitOptions.TrimEntries);
            var fit = wordNet.Senses(words[0]).Where(s => words.All(w => s.Words.Contains(w, StringComparer.OrdinalIgnoreCase)) && string.CompareOrdinal(s.Id, last) > 0).OrderBy(s => s.Id, StringComparer.Ordinal).FirstOrDefault()
                ?? throw new InvalidDataException($"no sense of WordNet has the words of ImageNet's class {i}, '{labels[i]}'.");
            last = Ids[i] = fit.Id;
            _index[fit.Id] = i;
        }
    }

    /// <summary>WordNet ids.</summary>
    public string[] Ids { get; }

    /// <summary>OpenAI's names.</summary>
    public string[] English { get; }

    /// <summary>Names in Chinese, the usual one first.</summary>
    public string[][] Chinese { get; }

    /// <summary>Index of a WordNet id, or -1.</summary>
    public int Index(string id) => _index.GetValueOrDefault(id, -1);

    private static string[] Names(string text)
        => [.. text.Split([',', '，', '、', ';', '；'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(n => n.Split('（', '(')[0].Trim()).Where(n => n.Length > 0).Distinct()];
}
