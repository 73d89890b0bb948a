using System.Text;
using NClip.Checkpoints;
using NClip.Training.Data;
using NClip.Training.Tokenizers;
using NClip.Training.Towers;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>The stage that fits the text tower and the head: vocabulary, features of the current trunk, training, figures.</summary>
internal sealed class TextRecipe(MiniRun run)
{
    /// <summary>Every tenth picture of a set without an eval split is for choosing, not for training.</summary>
    public static bool ForValidation(int index) => index % 10 == 0;

    /// <summary>The vocabulary, made once and kept in the work folder.</summary>
    public string[] Vocabulary(TextCorpus corpus)
    {
        var path = Path.Combine(run.Paths.Work, "vocab.txt");
        if (File.Exists(path)) return File.ReadAllLines(path);
        var (flickr, chinese) = run.Sets.Flickr("train");
        var counts = corpus.CountWords(
            flickr.Items.SelectMany(i => i.Captions.Concat(chinese[i.Key])).Concat(run.Sets.Titles("products", "train").Items.SelectMany(i => i.Captions)),
            PictureSets.Labelled.SelectMany(s => run.Sets.Labels(s, "train", false).Classes).SelectMany(c => run.Sets.Chinese(c).Append(c)));
        File.WriteAllLines(Path.Combine(run.Paths.Work, "word-counts.txt"), counts.OrderByDescending(c => c.Value).Select(c => $"{c.Key}\t{c.Value}"));
        var vocabulary = WordPieceTrainer.Train(counts, 24000, least: 3);
        File.WriteAllLines(path, vocabulary, new UTF8Encoding(false));
        return [.. vocabulary];
    }

    /// <summary>Trains from fresh text weights (or those of <paramref name="start"/>) on the features of <paramref name="trunk"/>, which are kept under their own name, and writes the model to <paramref name="output"/>.</summary>
    public void Fit(string trunk, string features, string output, TextStage.Options options, int layers, string? start = null)
    {
        Directory.CreateDirectory(run.Paths.Work);
        var corpus = new TextCorpus(run.Paths, run.WordNet, run.Names, run.Sets);
        var vocabulary = Vocabulary(corpus);
        var store = new ParameterStore();
        using (var checkpoint = StateDict.Open(trunk))
            store.Load(checkpoint, checkpoint.Tensors.ContainsKey("conv_stem.weight") ? "visual.trunk." : "", n => checkpoint.Tensors.ContainsKey("conv_stem.weight") || n.StartsWith("visual.trunk.", StringComparison.Ordinal));
        var spec = new TextTowerSpec(vocabulary.Length, Layers: layers);
        MiniModel.Initialize(store, spec, options.Seed);
        if (start is not null)
            using (var from = StateDict.Open(start)) store.CopyFrom(from, n => !n.StartsWith("visual.trunk.", StringComparison.Ordinal));
        var model = new MiniModel(store, spec, vocabulary);
        var cache = new FeatureCache(Path.Combine(run.Paths.Work, features), model.Trunk);
        var evaluator = new MiniEvaluator(run, cache);
        new TextStage(model, corpus, Pictures(cache, store["visual.trunk.classifier.weight"])).Run(options, step =>
        {
            if (step % 300 == 0 && step < options.Steps) Print(evaluator.Measure(model));
        });
        SafetensorsFile.Write(output, store.Where(_ => true));
        Print(evaluator.Measure(model));
    }

    /// <summary>Prints the figures of a written model.</summary>
    public void Evaluate(string checkpoint, string features, int layers)
    {
        var vocabulary = File.ReadAllLines(Path.Combine(run.Paths.Work, "vocab.txt"));
        var store = new ParameterStore();
        using (var from = StateDict.Open(checkpoint)) store.Load(from);
        var model = new MiniModel(store, new TextTowerSpec(vocabulary.Length, Layers: layers), vocabulary);
        Print(new MiniEvaluator(run, new FeatureCache(Path.Combine(run.Paths.Work, features), model.Trunk)).Measure(model));
    }

    private TrainingFeatures Pictures(FeatureCache cache, Tensor classifier)
    {
        var (flickr, chinese) = run.Sets.Flickr("train");
        var sources = new List<(PictureSet, SetFeatures, Func<PictureItem, string[]>?, Func<int, bool>?)>
        {
            (flickr, cache.Get("flickr-train", flickr.Items), i => [.. i.Captions, .. chinese[i.Key]], null),
        };
        var products = run.Sets.Titles("products", "train");
        sources.Add((products, cache.Get("products-train", products.Items), i => i.Captions, null));
        foreach (var name in PictureSets.Labelled)
        {
            var set = run.Sets.Labels(name, "train", true);
            var own = name is "caltech" or "flowers";
            sources.Add((set, cache.Get(name + "-train", set.Items), null, i => !own || !ForValidation(i)));
        }
        return new TrainingFeatures(run.Sets, classifier, sources);
    }

    public static void Print(IEnumerable<(string Name, double Value)> figures)
        => Console.WriteLine($"{DateTime.Now:HH:mm:ss} | " + string.Join(" | ", figures.Select(f => $"{f.Name} {f.Value:f1}")));
}
