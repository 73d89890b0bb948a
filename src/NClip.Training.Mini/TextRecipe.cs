using System.Text;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Training.Data;
using NClip.Training.Mini.Stages;
using NClip.Training.Operators;
using NClip.Training.Tokenizers;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>The stage that fits the text tower and the head: vocabulary, features of the current trunk, training, figures.</summary>
internal sealed class TextRecipe(MiniRun run)
{
    /// <summary>Every tenth picture of a set without an eval split is for choosing, not for training.</summary>
    public static bool ForValidation(int index) => index % 10 == 0;

    /// <summary>Every twelfth of Flickr8k's training photos is kept back while a recipe is being chosen.</summary>
    public static bool ForChoosing(int index) => index % 12 == 0;

    /// <summary>The vocabulary: that beside <paramref name="start"/> if there is one, else made from the texts; kept in the work folder with the words' counts.</summary>
    public string[] Vocabulary(TextCorpus corpus, string? start)
    {
        var (path, words) = (Path.Combine(run.Paths.Work, "vocab.txt"), Path.Combine(run.Paths.Work, "word-counts.txt"));
        if (File.Exists(path) && File.Exists(words)) return File.ReadAllLines(path);
        var (flickr, chinese) = run.Sets.Flickr("train");
        var counts = corpus.CountWords(
            flickr.Items.SelectMany(i => i.Captions.Concat(chinese[i.Key])).Concat(run.Sets.Titles("products", "train").Items.SelectMany(i => i.Captions)),
            PictureSets.Labelled.SelectMany(s => run.Sets.Labels(s, "train", false).Classes).SelectMany(c => run.Sets.Chinese(c).Append(c)));
        File.WriteAllLines(words, counts.OrderByDescending(c => c.Value).Select(c => $"{c.Key}\t{c.Value}"));
        IReadOnlyList<string> vocabulary = start is not null && File.Exists(Beside(start)) ? File.ReadAllLines(Beside(start)) : WordPieceTrainer.Train(counts, 24000, least: 3);
        File.WriteAllLines(path, vocabulary, new UTF8Encoding(false));
        return [.. vocabulary];
    }

    private static string Beside(string checkpoint, string name = "vocab.txt") => Path.Combine(Path.GetDirectoryName(checkpoint)!, name);

    /// <summary>Trains from fresh text weights (or those of <paramref name="start"/>) on the features of <paramref name="trunk"/>, which are kept under their own name, and writes the model to <paramref name="output"/>.</summary>
    public void Fit(string trunk, string features, string output, TextStage.Options options, int layers, string? start = null, int views = 0, bool choosing = false, bool sentences = false)
    {
        Directory.CreateDirectory(run.Paths.Work);
        var corpus = new TextCorpus(run.Paths, run.WordNet, run.Names, run.Sets);
        var vocabulary = Vocabulary(corpus, start);
        var store = new ParameterStore();
        using (var checkpoint = StateDict.Open(trunk))
            store.Load(checkpoint, checkpoint.Tensors.ContainsKey("conv_stem.weight") ? "visual.trunk." : "", n => checkpoint.Tensors.ContainsKey("conv_stem.weight") || n.StartsWith("visual.trunk.", StringComparison.Ordinal));
        var spec = MiniSpec.Text(vocabulary.Length, layers);
        MiniModel.Initialize(store, spec, options.Seed);
        using var memory = sentences ? run.Paths.OpenSentences() : null;
        if (sentences) AddSentences(store, options.Seed);
        if (start is not null) Begin(store, start);
        var model = new MiniModel(store, spec, vocabulary) { Sentences = memory };
        var cache = new FeatureCache(Path.Combine(run.Paths.Work, features), model);
        var evaluator = new MiniEvaluator(run, cache);
        bool heldBack(int i) => choosing && ForChoosing(i);
        IEnumerable<(string, double)> Figures() => choosing ? evaluator.Choose(model) : evaluator.Measure(model);
        new TextStage(model, corpus, Pictures(cache, store["visual.trunk.classifier.weight"], views, heldBack)).Run(options, output + ".part", step =>
        {
            if (step % 300 == 0 && step < options.Steps) Print(Figures());
        });
        SafetensorsFile.Write(output, store.Where(_ => true));
        File.Delete(output + ".part");
        Print(Figures());
        memory?.Save();
    }

    /// <summary>The sentence encoder as its makers left it, and what mixes.</summary>
    private void AddSentences(ParameterStore store, int seed)
    {
        using var scope = NewDisposeScope();
        using (var encoder = StateDict.Open(run.Paths.Sentences.Weights)) store.Load(encoder, "text.sentence.bert.");
        MiniSpec.InitializeMix(store, new Generator((ulong)seed));
    }

    /// <summary>Takes all but the trunk of a model, and but for the matrix over what its trunk saw, where this one's is of another kind.</summary>
    private static void Begin(ParameterStore store, string start)
    {
        static bool Trunk(string name) => name.StartsWith("visual.trunk.", StringComparison.Ordinal);
        using var from = StateDict.Open(start);
        var same = store.Names.Where(Trunk).All(from.Tensors.ContainsKey);
        store.CopyFrom(from, n => !Trunk(n) && (same || n != "visual.head.proj.weight"));
    }

    /// <summary>Prints the figures of a written model; of an exported folder's file, with the sentence encoder as it is stored there.</summary>
    public void Evaluate(string checkpoint, string features, int layers)
    {
        var vocabulary = File.ReadAllLines(File.Exists(Beside(checkpoint)) ? Beside(checkpoint) : Path.Combine(run.Paths.Work, "vocab.txt"));
        var store = new ParameterStore();
        using (var from = StateDict.Open(checkpoint)) store.Load(from);
        var pieces = Beside(checkpoint, SpecTexts.SentenceVocabulary);
        using var memory = !store.Has("text.mix.words.weight") ? null : File.Exists(pieces) ? new SentenceMemory(checkpoint, pieces, folder: null, "text.sentence.bert.") : run.Paths.OpenSentences();
        var model = new MiniModel(store, MiniSpec.Text(vocabulary.Length, layers), vocabulary) { Sentences = memory };
        Print(new MiniEvaluator(run, new FeatureCache(Path.Combine(run.Paths.Work, features), model)).Measure(model));
        memory?.Save();
    }

    private TrainingFeatures Pictures(FeatureCache cache, Tensor classifier, int views, Func<int, bool> heldBack)
    {
        using var scope = NewDisposeScope();
        var (flickr, chinese) = run.Sets.Flickr("train");
        SetFeatures[] Views(string name, PictureSet set, float smallest) => [cache.Get(name, set.Items), .. Enumerable.Range(1, views).Select(v => cache.GetView(name, set.Items, v, smallest))];
        var products = run.Sets.Titles("products", "train");
        var sources = new List<TrainingSource>
        {
            new(flickr, Views("flickr-train", flickr, 0.5f), i => (i.Captions, chinese[i.Key]), i => !heldBack(i)),
            new(products, [cache.Get("products-train", products.Items)], i => (i.Captions, i.Captions)),
        };
        foreach (var name in PictureSets.Labelled)
        {
            var set = run.Sets.Labels(name, "train", true);
            var own = name is "caltech" or "flowers";
            // Of CIFAR-10 a tenth: its pictures are many, and small.
            sources.Add(name == "cifar" ? new(set = set with { Items = [.. set.Items.Where((_, i) => i % 10 == 0)] }, [cache.Get("cifar-tenth", set.Items)])
                : new(set, Views(name + "-train", set, 0.35f), Use: i => !own || !ForValidation(i)));
        }
        return new TrainingFeatures(run.Sets, classifier, sources);
    }

    public static void Print(IEnumerable<(string Name, double Value)> figures)
        => Console.WriteLine($"{DateTime.Now:HH:mm:ss} | " + string.Join(" | ", figures.Select(f => $"{f.Name} {f.Value:f1}")));
}
