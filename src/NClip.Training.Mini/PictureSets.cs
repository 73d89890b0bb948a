using NClip.Data;
using NClip.Training.Data;

namespace NClip.Training.Mini;

/// <summary>A set of pictures: labelled (Class indexes <see cref="PictureSet.Classes"/>) or captioned.</summary>
internal sealed record PictureItem(string Key, byte[] Encoded, int Class, string[] Captions);

/// <summary>Pictures of one source and split.</summary>
internal sealed record PictureSet(string Name, string[] Classes, PictureItem[] Items);

/// <summary>The sources of the recipe, the classes that are kept out of training, and the names of classes in both languages.</summary>
internal sealed class PictureSets
{
    private readonly MiniPaths _paths;
    private readonly Dictionary<string, string[]> _chinese;
    private readonly ImageNetNames _imageNet;
    private readonly WordNet _wordNet;

    /// <summary>Labelled sets that train, with how many pictures at most.</summary>
    public static readonly string[] Labelled = ["sun", "intel", "sports", "animals", "clothes", "groceries", "wikiart", "above", "caltech", "flowers", "cifar"];

    /// <summary>Classes whose pictures and labels training never sees, in whatever set they occur: set/class.</summary>
    public static readonly HashSet<string> HeldOut =
    [
        "sun/laundromat", "sun/windmill", "sports/fencing", "sports/chess",
        "animals/northern giraffe", "animals/narwhal", "animals/okapi", "animals/moose", "animals/raccoon", "animals/common bottlenose dolphin", "animals/kangaroo", "animals/mallard",
        "groceries/avocado", "groceries/ginger", "groceries/watermelon", "groceries/aubergine", "clothes/skirt", "above/satellite view of a parking lot",
        "caltech/okapi", "caltech/kangaroo", "caltech/dolphin", "caltech/helicopter", "caltech/wheelchair", "caltech/octopus", "caltech/pyramid", "flowers/tulip",
    ];

    /// <summary>Sets of which only this many pictures a class are used.</summary>
    private static readonly Dictionary<string, int> _most = new() { ["caltech"] = 40, ["flowers"] = 300, ["cifar"] = 5000 };

    public PictureSets(MiniPaths paths, ImageNetNames imageNet, WordNet wordNet)
    {
        (_paths, _imageNet, _wordNet) = (paths, imageNet, wordNet);
        _chinese = File.ReadLines(MiniPaths.Recipe("names-zh.tsv")).Select(l => l.Split('\t')).ToDictionary(f => f[0], f => f[1].Split(','));
    }

    /// <summary>A labelled set; classes are in alphabetical order.</summary>
    public PictureSet Labels(string set, string split, bool withHeldOut)
    {
        var samples = Read(Path.Combine(_paths.Wider, set), split).Where(s => s.Class is not null and not ".ipynb checkpoints" && (withHeldOut || !HeldOut.Contains($"{set}/{s.Class}")))
            .GroupBy(s => s.Class).SelectMany(g => g.Take(_most.GetValueOrDefault(set, int.MaxValue))).ToArray();
        string[] classes = [.. samples.Select(s => s.Class!).Distinct().Order(StringComparer.Ordinal)];
        var index = classes.Select((c, i) => (c, i)).ToDictionary(p => p.c, p => p.i);
        return new PictureSet(set, classes, [.. samples.Select(s => new PictureItem(s.Key, s.Encoded, index[s.Class!], []))]);
    }

    /// <summary>A set whose labels are WordNet ids of ImageNet's classes; Class is the index among the 1000.</summary>
    public PictureSet ImageNet(string name, string folder, string split)
        => new(name, _imageNet.English, [.. Read(folder, split).Select(s => new PictureItem(s.Key, s.Encoded, _imageNet.Index(s.Class!), []))]);

    /// <summary>Flickr8k with its captions, English first, then Chinese.</summary>
    public (PictureSet English, Dictionary<string, string[]> Chinese) Flickr(string split)
    {
        var folder = Path.Combine(_paths.Data, "flickr8k");
        var chinese = File.ReadLines(Path.Combine(folder, "captions-zh.tsv")).Select(l => l.Split('\t')).GroupBy(f => f[0]).ToDictionary(g => g.Key, g => g.Select(f => f[1]).ToArray());
        return (new PictureSet("flickr", [], [.. Read(folder, split).Select(s => new PictureItem(s.Key, s.Encoded, -1, s.Captions))]), chinese);
    }

    /// <summary>Pictures with titles (products).</summary>
    public PictureSet Titles(string set, string split) => new(set, [], [.. Read(Path.Combine(_paths.Wider, set), split).Take(2000).Select(s => new PictureItem(s.Key, s.Encoded, -1, s.Captions))]);

    /// <summary>A plain labelled folder of the data folder (fruit, cifar10), its labels as they are.</summary>
    public PictureSet Folder(string name, string split)
    {
        var samples = Read(Path.Combine(_paths.Data, name), split).ToArray();
        string[] classes = [.. samples.Select(s => s.Class!).Distinct().Order(StringComparer.Ordinal)];
        return new PictureSet(name, classes, [.. samples.Select(s => new PictureItem(s.Key, s.Encoded, Array.IndexOf(classes, s.Class), []))]);
    }

    /// <summary>The samples of every shard in a folder whose file name starts with <paramref name="split"/>, in order of the names; those without a picture are left out.</summary>
    private static IEnumerable<(string Key, byte[] Encoded, string? Class, string[] Captions)> Read(string folder, string split)
    {
        foreach (var sample in DataSource.Open(Path.Combine(folder, split + "*.tar")).ReadAll().Where(s => s.Fault is null))
        {
            yield return (sample.Key, sample.Image.ToArray(), sample.Label, [.. sample.Captions]);
            sample.Release();
        }
    }

    /// <summary>Chinese names of a class: the recipe's own list, else WordNet's for a word with few senses; may be empty.</summary>
    public string[] Chinese(string name)
    {
        if (_chinese.TryGetValue(name.ToLowerInvariant(), out var own)) return own;
        var senses = _wordNet.Senses(name);
        return senses.Count is 0 or > 3 ? [] : [.. _wordNet.Chinese(senses[0].Id).Take(3)];
    }
}
