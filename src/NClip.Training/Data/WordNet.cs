using System.Globalization;

namespace NClip.Training.Data;

/// <summary>A noun sense of WordNet.</summary>
/// <param name="Id">WordNet id: n and the eight digits of its offset.</param>
/// <param name="Words">Its words, the usual one first, spaces instead of underscores.</param>
/// <param name="Hypernyms">Ids of the senses above it.</param>
/// <param name="Gloss">Its definition, examples left out.</param>
internal sealed record Synset(string Id, string[] Words, string[] Hypernyms, string Gloss);

/// <summary>Nouns of WordNet 3.0 (data.noun), and the Chinese words of the same senses (Chinese Open WordNet).</summary>
internal sealed class WordNet
{
    private readonly Dictionary<string, Synset> _byId = [];
    private readonly Dictionary<string, List<Synset>> _byWord = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<string>> _chinese = [];

    /// <param name="nouns">WordNet's data.noun.</param>
    /// <param name="chinese">Chinese Open WordNet's tab file; null for English alone.</param>
    public WordNet(string nouns, string? chinese = null)
    {
        foreach (var line in File.ReadLines(nouns))
        {
            if (line.StartsWith(' ')) continue;
            var bar = line.IndexOf('|', StringComparison.Ordinal);
            var f = line[..bar].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var words = int.Parse(f[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var pointers = int.Parse(f[4 + 2 * words], CultureInfo.InvariantCulture);
            var hypernyms = Enumerable.Range(0, pointers).Select(i => 5 + 2 * words + 4 * i).Where(i => f[i] is "@" or "@i" && f[i + 2] == "n").Select(i => "n" + f[i + 1]);
            var gloss = line[(bar + 1)..].Trim();
            var examples = gloss.IndexOf("; \"", StringComparison.Ordinal);
            var s = new Synset("n" + f[0], [.. Enumerable.Range(0, words).Select(i => f[4 + 2 * i].Replace('_', ' '))], [.. hypernyms], examples < 0 ? gloss : gloss[..examples]);
            _byId[s.Id] = s;
            foreach (var w in s.Words) (_byWord.TryGetValue(w, out var l) ? l : _byWord[w] = []).Add(s);
        }
        foreach (var line in chinese is null ? [] : File.ReadLines(chinese))
        {
            var f = line.Split('\t');
            if (f.Length < 3 || f[1] != "cmn:lemma" || !f[0].EndsWith("-n", StringComparison.Ordinal)) continue;
            var id = "n" + f[0][..8];
            (_chinese.TryGetValue(id, out var l) ? l : _chinese[id] = []).Add(f[2].Replace("+", "", StringComparison.Ordinal));
        }
    }

    /// <summary>All senses.</summary>
    public IEnumerable<Synset> Synsets => _byId.Values;

    public Synset this[string id] => _byId[id];

    public bool Contains(string id) => _byId.ContainsKey(id);

    /// <summary>Senses of a word in file order.</summary>
    public IReadOnlyList<Synset> Senses(string word) => _byWord.TryGetValue(word, out var l) ? l : [];

    /// <summary>Chinese words of a sense.</summary>
    public IReadOnlyList<string> Chinese(string id) => _chinese.TryGetValue(id, out var l) ? l : [];

    /// <summary>Senses above, nearest first, without the most general ones.</summary>
    public IEnumerable<Synset> Above(string id)
    {
        var (seen, next) = (new HashSet<string>(), new Queue<string>(_byId[id].Hypernyms));
        while (next.TryDequeue(out var up))
        {
            if (!seen.Add(up) || !_byId.TryGetValue(up, out var s)) continue;
            if (s.Hypernyms.Length == 0 || _tooGeneral.Contains(s.Words[0])) continue;
            yield return s;
            foreach (var h in s.Hypernyms) next.Enqueue(h);
        }
    }

    private static readonly HashSet<string> _tooGeneral = ["entity", "physical entity", "object", "whole", "abstraction", "matter", "thing", "unit", "artifact", "causal agent", "living thing", "organism", "relation", "part", "substance", "attribute", "group", "psychological feature"];
}
