using System.Text.Json;
using NClip.Checkpoints;
using NClip.Training.Data;
using NClip.Training.Tokenizers;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>All the words training has: names, captions, WordNet's senses in both languages, and the names whose real CLIP text features are known.</summary>
internal sealed class TextCorpus
{
    private static readonly HashSet<string> _concreteFiles = ["03", "04", "05", "06", "08", "13", "15", "17", "18", "19", "20", "25", "27"];

    public TextCorpus(MiniPaths paths, WordNet wordNet, ImageNetNames names, PictureSets sets)
    {
        // The senses a picture can show, by WordNet's lexicographer files (animals, artefacts, food, plants, people, places, ...).
        var concrete = File.ReadLines(paths.WordNet).Where(l => !l.StartsWith(' ')).Select(l => l.Split(' ', 3)).Where(f => _concreteFiles.Contains(f[1])).Select(f => "n" + f[0]).ToHashSet();
        Senses = [.. wordNet.Synsets.Where(s => concrete.Contains(s.Id)).Select(s => new Sense(s.Words, [.. wordNet.Chinese(s.Id)], s.Gloss, [.. wordNet.Above(s.Id).Take(2).Select(a => a.Words[0])]))];

        var byText = new Dictionary<string, int>();
        ImageNet = [.. Enumerable.Range(0, 1000).Select(i => Classes(i))];
        ClassText[] Classes(int i)
        {
            var own = wordNet[names.Ids[i]];
            var list = new List<ClassText>();
            void Add(string sense, double weight, params IEnumerable<string> texts)
            {
                var all = texts.Where(t => t.Length > 0).Distinct().ToArray();
                foreach (var t in all) list.Add(new ClassText(t, sense, weight / all.Length));
            }
            Add(own.Id, 5, names.English[i]);
            Add(own.Id, 1.5, own.Words);
            Add(own.Id, 0.7, own.Gloss);
            Add(own.Id, 4, names.Chinese[i].Take(1));
            Add(own.Id, 1.5, names.Chinese[i].Skip(1).Concat(wordNet.Chinese(own.Id)));
            foreach (var (above, k) in wordNet.Above(own.Id).Take(4).Select((a, k) => (a, k)))
            {
                Add(above.Id, 0.6 / (1 + k), above.Words.Take(2));
                Add(above.Id, 0.6 / (1 + k), wordNet.Chinese(above.Id).Take(2));
            }
            return [.. list];
        }
        ImageNetAbove = [.. Enumerable.Range(0, 1000).Select(i => wordNet.Above(names.Ids[i]).Select(a => a.Id).Append(names.Ids[i]).ToHashSet())];

        using var checkpoint = StateDict.Open(Path.Combine(paths.Data, "clip-text-embeddings/vit-b-32.safetensors"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(paths.Data, "clip-text-embeddings/names.json")));
        var (teacherNames, rows) = (new List<string[]>(), new List<float[]>());
        foreach (var list in json.RootElement.EnumerateObject())
        {
            var entry = checkpoint.Tensors.First(t => t.Key.StartsWith(list.Name, StringComparison.Ordinal)).Value;
            var values = entry.ToFloat32();
            var k = 0;
            foreach (var e in list.Value.EnumerateArray())
            {
                var name = e.GetString()!.ToLowerInvariant().Replace('_', ' ');
                if (byText.TryAdd(name, teacherNames.Count))
                {
                    var plain = name.Split('(')[0].Trim();
                    teacherNames.Add([name, plain, .. sets.Chinese(plain)]);
                    rows.Add(values[(k * 512)..((k + 1) * 512)]);
                }
                k++;
            }
        }
        TeacherNames = [.. teacherNames];
        using var scope = NewDisposeScope();
        TeacherFeatures = nn.functional.normalize(tensor(rows.SelectMany(r => r).ToArray()).reshape(rows.Count, 512), dim: 1).DetachFromDisposeScope();
        (Names, Sets) = (names, sets);
    }

    /// <summary>A sense's words in English and Chinese, its definition, the words above it.</summary>
    public sealed record Sense(string[] English, string[] Chinese, string Gloss, string[] Above);

    /// <summary>A text that fits an ImageNet class, the sense it names, and how often it is drawn.</summary>
    public sealed record ClassText(string Text, string Sense, double Weight);

    public Sense[] Senses { get; }
    public ClassText[][] ImageNet { get; }
    public HashSet<string>[] ImageNetAbove { get; }

    /// <summary>Names of the CLIP features' rows: as in the file, without brackets, in Chinese.</summary>
    public string[][] TeacherNames { get; }

    /// <summary>Real CLIP text features of those names, of length 1.</summary>
    public Tensor TeacherFeatures { get; }
    public ImageNetNames Names { get; }
    public PictureSets Sets { get; }

    /// <summary>Words and their counts, weighted by how much they matter, for the vocabulary and the list of known words.</summary>
    public Dictionary<string, long> CountWords(IEnumerable<string> captions, IEnumerable<string> classNames)
    {
        var counts = new Dictionary<string, long>();
        void Count(string text, int weight)
        {
            foreach (var w in Words.Of(text)) counts[w] = counts.GetValueOrDefault(w) + weight;
        }
        foreach (var c in captions) Count(c, 1);
        foreach (var c in classNames) Count(c, 50);
        foreach (var c in ImageNet) foreach (var t in c) Count(t.Text, 20);
        foreach (var t in TeacherNames) foreach (var n in t) Count(n, 50);
        foreach (var s in Senses)
        {
            foreach (var w in s.English.Concat(s.Chinese)) Count(w, 3);
            Count(s.Gloss, 1);
        }
        for (var i = 0; i < 40; i++) foreach (var n in new[] { "apple", "苹果" }) Count(PromptText.Around(n, new Random(i)), 100);
        return counts;
    }
}
