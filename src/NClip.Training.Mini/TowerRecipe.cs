using NClip.Checkpoints;
using NClip.Training.Mini.Stages;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>The stage that trains the trunk, from a model whose text tower was fitted to the original one.</summary>
internal sealed class TowerRecipe(MiniRun run)
{
    public void Train(string start, int layers, string checkpoint, TowerStage.Options options)
    {
        var vocabulary = File.ReadAllLines(Path.Combine(run.Paths.Work, "vocab.txt"));
        var store = new ParameterStore();
        using (var from = StateDict.Open(start)) store.Load(from);
        using var memory = store.Has("text.mix.words.weight") ? run.Paths.OpenSentences() : null;
        var model = new MiniModel(store, MiniSpec.Text(vocabulary.Length, layers), vocabulary) { Sentences = memory };
        var sources = Sources(model, options.TeacherSeesCrop);
        memory?.Save();
        new TowerStage(model, sources, options.TeacherSeesCrop ? TowerStage.Former(model) : null).Run(options, checkpoint);
    }

    private List<TowerSource> Sources(MiniModel model, bool teacherSeesCrop)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var cache = new FeatureCache(Path.Combine(run.Paths.Work, "features"), model);
        var sources = new List<TowerSource>();
        Tensor? Teacher(string name, PictureSet set) => teacherSeesCrop ? null : nn.functional.softmax(cache.Get(name, set.Items).Logits, 1);

        foreach (var (name, share) in new[] { ("sun", 6.0), ("intel", 1.5), ("sports", 9), ("animals", 7), ("clothes", 5), ("groceries", 6), ("wikiart", 4), ("above", 2.5), ("caltech", 6), ("flowers", 3) })
        {
            var set = run.Sets.Labels(name, "train", true);
            var own = name is "caltech" or "flowers";
            int[] use = [.. Enumerable.Range(0, set.Items.Length).Where(i => !PictureSets.HeldOut.Contains($"{name}/{set.Classes[set.Items[i].Class]}") && !(own && TextRecipe.ForValidation(i)))];
            // Held-out names stay out of the choice too.
            var texts = MiniEvaluator.Classifier(model, set.Classes);
            foreach (var (c, i) in set.Classes.Select((c, i) => (c, i))) if (PictureSets.HeldOut.Contains($"{name}/{c}")) texts[i].zero_();
            sources.Add(new TowerSource(set, share, use, Teacher(name + "-train", set), texts, false, null, 0.35f));
        }
        var (flickr, _) = run.Sets.Flickr("train");
        var captions = flickr.Items.SelectMany(i => i.Captions.Concat(i.Captions).Take(5)).Chunk(256).Select(c => model.EmbedTexts(c)).ToList();
        sources.Add(new TowerSource(flickr, 16, All(flickr), Teacher("flickr-train", flickr), cat(captions, 0), true, null, 0.5f));
        var products = run.Sets.Titles("products", "train");
        sources.Add(new TowerSource(products, 2, All(products), Teacher("products-train", products), null, false, null, 0.5f));
        var cifar = run.Sets.Labels("cifar", "train", true);
        sources.Add(new TowerSource(cifar, 8, All(cifar), null, MiniEvaluator.Classifier(model, cifar.Classes), false, null, 0.6f));
        var tiny = run.Sets.ImageNet("tiny", Path.Combine(run.Paths.Wider, "tiny"), "train");
        sources.Add(new TowerSource(tiny, 8, All(tiny), null, null, false, [.. tiny.Items.Select(i => i.Class).Distinct().Order()], 0.5f));
        foreach (var name in new[] { "imagenette", "imagewoof" })
        {
            var set = run.Sets.ImageNet(name, Path.Combine(run.Paths.Wider, name), "train");
            set = set with { Items = [.. set.Items.Where((_, i) => i % 4 == 0)] };
            sources.Add(new TowerSource(set, 4, All(set), Teacher(name + "-quarter", set), null, false, null, 0.35f));
        }
        return [.. sources.Select(Keep)];

        static int[] All(PictureSet set) => [.. Enumerable.Range(0, set.Items.Length)];
        static TowerSource Keep(TowerSource s) => s with { Teacher = s.Teacher?.DetachFromDisposeScope(), Texts = s.Texts?.DetachFromDisposeScope() };
    }
}
