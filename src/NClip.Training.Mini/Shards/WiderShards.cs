using System.Formats.Tar;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NClip.Images;
using NClip.Training.Data;

namespace NClip.Training.Mini.Shards;

/// <summary>A folder of a commit of a public repository.</summary>
internal sealed record RepositoryFolder(string Repository, string Commit, string Path = "");

/// <summary>A set of pictures with classes, of which some of each class are taken.</summary>
/// <param name="Name">The set's name.</param>
/// <param name="Train">Pictures of a class to train with.</param>
/// <param name="Evaluation">Pictures of a class to measure with.</param>
/// <param name="From">Where the pictures are; of two files of one class and name the first is taken.</param>
internal sealed record WiderSet(string Name, int Train, int Evaluation, params RepositoryFolder[] From)
{
    /// <summary>A path to its class, null for a picture that has none; else the folder that the file lies in.</summary>
    public Func<GitFolder, Func<string, string?>> ClassOf { get; init; } = _ => path => path.Split('/') is [.., var folder, _] ? folder : null;

    /// <summary>A class to the words it is written with.</summary>
    public Func<GitFolder, Func<string, string>> Phrase { get; init; } = _ => Words;

    /// <summary>Classes with fewer pictures are left out.</summary>
    public int Least { get; init; }

    /// <summary>A folder's name as words.</summary>
    public static string Words(string name) => string.Join(' ', name.Split(['_', '-'], StringSplitOptions.RemoveEmptyEntries)).Trim().ToLowerInvariant();
}

/// <summary>
/// Makes shards of nine sets from public repositories, a few pictures of each class, short side 192: scenes, sports, animals, clothes, groceries, styles of painting, views from above,
/// products with titles. Which pictures train and which measure is drawn as it was for the figures of the first nclip-mini (<see cref="PythonRandom"/>).
/// </summary>
internal static class WiderShards
{
    private const int Side = 192, Quality = 80, InShard = 2000;

    private const uint Seed = 7;

    private static readonly string[] _styles = ["art nouveau", "baroque", "expressionism", "impressionism", "post-impressionism", "romanticism", "symbolism"];

    private static readonly Dictionary<string, string> _views = new()
    {
        ["Grass"] = "grassland",
        ["Field"] = "farm fields",
        ["Industry"] = "an industrial area",
        ["RiverLake"] = "a river or lake",
        ["Forest"] = "a forest",
        ["Resident"] = "houses",
        ["Parking"] = "a parking lot",
    };

    private static readonly RepositoryFolder _productPictures = new("GaneshNeupane01/Fashion-Recommendation-System", "7cf26342", "images"), _productTitles = new("animmala3942/FashionProductRecommendationSystem", "91e80367");

    private static readonly WiderSet[] _sets =
    [
        new("sun", 150, 20,
            new("haomingchan0811/Computer-Vision-Projects-CMU-16720", "b65133ba", "HW1-Spatial Paramid Matching for Scene Classification/data"), new("colegulino/Spatial-Pyramid-Matching-for-Scene-Classification", "2c015a23", "hw1/dat"),
            new("marvinbai/CMU-16720", "54ed4b09", "HW1/code/dat"), new("mishra39/16720_ComputerVision", "5cac719d", "hw1/data"), new("Yorkbenno/Spatial-Pyramid-Matching-for-Scene-Classification", "5e02c826", "data")) { Least = 61 },
        new("intel", 400, 50, new RepositoryFolder("afroozsheikh/Intel-Image-Classifier", "268f8fc3", "train")) { Phrase = _ => c => c switch { "buildings" => "buildings in a city", "street" => "city street", _ => WiderSet.Words(c) } },
        new("sports", 200, 25, new RepositoryFolder("jurjsorinliviu/Sports-Type-Classifier", "44513762", "data")),
        new("animals", 30, 6, new RepositoryFolder("savannahfung/animal-image-classification", "292d12b8", "dataset")) { Phrase = Translated },
        new("clothes", 150, 20, new RepositoryFolder("alexeygrigorev/clothing-dataset", "7ed86a9c")) { ClassOf = Worn },
        new("groceries", 25, 5, new RepositoryFolder("marcusklasson/GroceryStoreDataset", "fc80ba90", "dataset"))
        {
            ClassOf = _ => path => path.Contains("iconic", StringComparison.Ordinal) || path.Contains("sample", StringComparison.Ordinal) ? null : path.Split('/')[^2],
        },
        new("wikiart", 300, 50, new RepositoryFolder("eliogrande/TheEndlessTuning_WikiArt224", "7a1ba60d", "WikiArt")) { Phrase = _ => c => _styles[int.Parse(c, CultureInfo.InvariantCulture)] + " painting" },
        new("above", 120, 20, new RepositoryFolder("palewithout/RSSCN7", "6d77849d")) { Phrase = _ => c => "satellite view of " + _views.GetValueOrDefault(c[1..], c[1..]) },
    ];

    /// <summary>The repositories to clone.</summary>
    public static IEnumerable<string> Repositories => _sets.SelectMany(s => s.From).Append(_productPictures).Append(_productTitles).Select(f => f.Repository).Distinct();

    /// <summary>Writes TARGET/SET/train-NNN.tar and eval-000.tar of every set that is not there yet.</summary>
    /// <exception cref="RecipeCallException">A clone is not there, or is not whole.</exception>
    public static void Make(string mirrors, string target)
    {
        foreach (var set in _sets.Where(s => !IsThere(target, s.Name))) Pack(set, mirrors, target);
        if (!IsThere(target, "products")) PackProducts(mirrors, target);
    }

    /// <summary>Packs one set.</summary>
    public static void Pack(WiderSet set, string mirrors, string target)
    {
        var found = new SortedDictionary<string, SortedDictionary<string, Picture>>(StringComparer.Ordinal);
        foreach (var at in set.From)
        {
            var folder = Open(mirrors, at);
            var classOf = set.ClassOf(folder);
            foreach (var path in folder.Files(at.Path).Where(IsPicture))
            {
                if (classOf(path) is not { Length: > 0 } c) continue;
                if (!found.TryGetValue(c, out var files)) found[c] = files = new(StringComparer.Ordinal);
                files.TryAdd(path.Split('/')[^1], new Picture(folder, path, ""));
            }
        }
        var phrase = set.Phrase(Open(mirrors, set.From[0]));
        var random = new PythonRandom(Seed);
        var (train, evaluation) = (new List<Picture>(), new List<Picture>());
        foreach (var (c, files) in found.Where(f => f.Value.Count >= set.Least))
        {
            Picture[] drawn = [.. files.Values.Select(p => p with { Text = phrase(c) })];
            random.Shuffle(drawn);
            evaluation.AddRange(drawn.Take(set.Evaluation));
            train.AddRange(drawn.Skip(set.Evaluation).Take(set.Train));
        }
        random.Shuffle(train);
        Write(target, set.Name, "train", train, "cls");
        Write(target, set.Name, "eval", evaluation, "cls");
    }

    /// <summary>Products with their titles, and a line of colour and kind.</summary>
    private static void PackProducts(string mirrors, string target)
    {
        var (pictures, lists) = (Open(mirrors, _productPictures), Open(mirrors, _productTitles));
        string[] rows = Lines(lists.Text("styles.csv")), titles = lists.Text("styles_text.csv").Split('\n')[1..];
        string[] columns = rows[0].Split(',');
        var (id, kind, colour) = (Array.IndexOf(columns, "id"), Array.IndexOf(columns, "articleType"), Array.IndexOf(columns, "baseColour"));
        var texts = new Dictionary<string, string>();
        foreach (var (row, title) in rows[1..].Select(r => r.Split(',')).Zip(titles)) texts[row[id]] = $"{title.Trim()}\n{row[colour]} {row[kind]}".ToLowerInvariant();
        var files = new SortedDictionary<string, Picture>(StringComparer.Ordinal);
        foreach (var path in pictures.Files(_productPictures.Path).Where(IsPicture))
            if (texts.TryGetValue(Path.GetFileNameWithoutExtension(path), out var text)) files.TryAdd(path.Split('/')[^1], new Picture(pictures, path, text));
        Picture[] drawn = [.. files.Values];
        new PythonRandom(Seed).Shuffle(drawn);
        Write(target, "products", "train", drawn[300..4300], "txt");
        Write(target, "products", "eval", drawn[..300], "txt");
    }

    /// <summary>Names in the repository's list, from another language.</summary>
    private static Func<string, string> Translated(GitFolder folder)
    {
        var names = JsonSerializer.Deserialize<Dictionary<string, string>>(folder.Text(folder.Files("dataset").First(p => p.EndsWith("/translation.json", StringComparison.Ordinal))))!;
        return c => WiderSet.Words(names.GetValueOrDefault(c, c));
    }

    /// <summary>Kinds of clothes in the repository's list, by the picture's name; those that nobody was sure of have none.</summary>
    private static Func<string, string?> Worn(GitFolder folder)
    {
        var rows = Lines(folder.Text("images.csv")).Select(r => r.Split(',')).ToArray();
        var (image, label) = (Array.IndexOf(rows[0], "image"), Array.IndexOf(rows[0], "label"));
        var kinds = rows[1..].ToDictionary(r => r[image], r => r[label]);
        return path => kinds.GetValueOrDefault(Path.GetFileNameWithoutExtension(path)) is { } kind and not ("Not sure" or "Other" or "Skip") ? kind : null;
    }

    private static void Write(string target, string set, string split, IReadOnlyList<Picture> pictures, string kind)
    {
        var written = 0;
        Directory.CreateDirectory(Path.Combine(target, set));
        foreach (var (shard, part) in pictures.Chunk(InShard).Index())
        {
            var path = Path.Combine(target, set, $"{split}-{shard:000}.tar");
            using (var tar = new TarWriter(File.Create(path + ".part"), TarEntryFormat.Ustar))
            {
                // Pictures of one clone are read by one process, in their order.
                using var encoded = Encoded(part).GetEnumerator();
                for (var i = 0; i < part.Length && encoded.MoveNext(); i++)
                {
                    if (encoded.Current is not { } jpeg) continue;
                    var key = $"{set}-{split}-{(shard * InShard) + i:00000}";
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, key + ".jpg") { DataStream = new MemoryStream(jpeg) });
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{key}.{kind}") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(part[i].Text)) });
                    written++;
                }
            }
            File.Move(path + ".part", path, overwrite: true);
        }
        Console.WriteLine($"{set} {split}: {written} pictures{(written < pictures.Count ? $", {pictures.Count - written} left out that cannot be read" : "")}");
    }

    private static IEnumerable<byte[]?> Encoded(Picture[] pictures)
    {
        var readers = pictures.Select(p => p.Folder).Distinct().ToDictionary(f => f, f => f.Read(pictures.Where(p => p.Folder == f).Select(p => p.Path)).GetEnumerator());
        foreach (var p in pictures)
        {
            readers[p.Folder].MoveNext();
            yield return Small(readers[p.Folder].Current);
        }
        foreach (var r in readers.Values) r.Dispose();
    }

    private static byte[]? Small(byte[]? file)
    {
        try
        {
            return file is null ? null : SmallJpeg.Of(file, Side, ofShort: true, Quality);
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private static bool IsThere(string target, string set) => File.Exists(Path.Combine(target, set, "eval-000.tar"));

    private static bool IsPicture(string path) => Path.GetExtension(path).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG";

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static GitFolder Open(string mirrors, RepositoryFolder at) =>
        new(PublicRepositories.Find(mirrors, at.Repository) ?? throw new RecipeCallException($"{at.Repository} is not under {mirrors}. `nclip train mini fetch --mirrors {mirrors}` clones it."), at.Commit);

    private sealed record Picture(GitFolder Folder, string Path, string Text);
}
