using NClip.Training.Data;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>Measures a model on the sets that never train: zero-shot accuracy in both languages, retrieval, and the classes that were kept out.</summary>
internal sealed class MiniEvaluator(MiniRun run, FeatureCache cache)
{
    public static readonly string[] EnglishTemplates = ["a photo of a {}.", "a photo of the {}.", "a picture of a {}.", "{}", "a close-up photo of a {}.", "a good photo of the {}.", "there is a {} in the picture."];
    public static readonly string[] ShortTemplates = ["{}", "a photo of a {}."];
    public static readonly string[] ChineseTemplates = ["一张{}的照片。", "{}的照片。", "{}", "{}的图片", "照片里有{}。", "这是{}。"];

    /// <summary>Sets with an eval split of their own.</summary>
    private static readonly string[] _wider = ["sun", "sports", "animals", "groceries", "clothes", "above", "wikiart", "intel"];

    /// <summary>Figures by name, in per cent.</summary>
    public List<(string Name, double Value)> Measure(MiniModel model)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var result = new List<(string, double)>();
        void Add(string name, double value) => result.Add((name, 100 * value));

        var fruit = run.Sets.Folder("fruit", "train");
        int[] known = [.. Enumerable.Range(0, fruit.Items.Length).Where(i => fruit.Classes[fruit.Items[i].Class] != "mixed")];
        var fruitImages = Images(model, cache.Get("fruit", fruit.Items)).index_select(0, tensor(known.Select(i => (long)i).ToArray()));
        var fruitTruth = known.Select(i => fruit.Items[i].Class).ToArray();
        Add("fruit", Accuracy(fruitImages, Classifier(model, ["apple", "banana", "mixed", "orange"], skip: 2), fruitTruth));
        Add("fruit zh", Accuracy(fruitImages, Classifier(model, ["苹果", "香蕉", "混合", "橙子"], skip: 2), fruitTruth));

        var photos = run.Sets.ImageNet("imagenet-samples", Path.Combine(run.Paths.Data, "imagenet-samples"), "photos");
        var photoFeatures = cache.Get("imagenet-samples", photos.Items);
        var photoImages = Images(model, photoFeatures);
        int[] photoTruth = [.. photos.Items.Select(i => i.Class)];
        Add("imagenet 500 of 1000 names", Accuracy(photoImages, Classifier(model, run.Names.English), photoTruth));
        Add("imagenet zh", Accuracy(photoImages, Classifier(model, [.. run.Names.Chinese.Select(n => n[0])]), photoTruth));
        Add("imagenet, the trunk's own softmax", Match(photoFeatures.Logits.narrow(1, 1, 1000), photoTruth));

        var cifar = run.Sets.Folder("cifar10", "test");
        var cifarImages = Images(model, cache.Get("cifar10", cifar.Items));
        Add("cifar10", Accuracy(cifarImages, Classifier(model, cifar.Classes), [.. cifar.Items.Select(i => i.Class)]));
        Add("cifar10 zh", Accuracy(cifarImages, Classifier(model, [.. cifar.Classes.Select(c => run.Sets.Chinese(c)[0])]), [.. cifar.Items.Select(i => i.Class)]));

        var (flickr, chinese) = run.Sets.Flickr("val");
        Captions(model, Add, "flickr", flickr.Items, chinese, Images(model, cache.Get("flickr-val", flickr.Items)));
        Wider(model, Add);
        return result;
    }

    /// <summary>Figures, in per cent, by which a recipe may be chosen: of training photos that were kept back (<see cref="TextRecipe.ForChoosing"/>), of the validation pictures of sets without an eval split, of the held-out classes.</summary>
    public List<(string Name, double Value)> Choose(MiniModel model)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var result = new List<(string, double)>();
        var (flickr, chinese) = run.Sets.Flickr("train");
        int[] rows = [.. Enumerable.Range(0, flickr.Items.Length).Where(TextRecipe.ForChoosing)];
        var images = Images(model, cache.Get("flickr-train", flickr.Items)).index_select(0, Index(rows));
        Captions(model, (name, value) => result.Add((name, 100 * value)), "kept back", [.. rows.Select(r => flickr.Items[r])], chinese, images);
        Wider(model, (name, value) => { if (name.StartsWith("held", StringComparison.Ordinal) || name is "caltech" or "flowers") result.Add((name, 100 * value)); });
        return result;
    }

    private static void Captions(MiniModel model, Action<string, double> add, string set, PictureItem[] items, Dictionary<string, string[]> chinese, Tensor images)
    {
        foreach (var (name, captions) in new[] { (set, items.Select(i => i.Captions).ToArray()), (set + " zh", items.Select(i => chinese[i.Key]).ToArray()) })
        {
            var (r1, r10) = Retrieval(model, images, captions);
            add(name + " R@1", r1);
            add(name + " R@10", r10);
        }
    }

    /// <summary>The labelled sets: all their classes among all names; where some were held out, the trained classes among all names and among their own; and what was held out.</summary>
    private void Wider(MiniModel model, Action<string, double> add)
    {
        var (allCount, sum) = (0, 0.0);
        var held = new List<(Tensor Image, string Name)>();
        var (general, generalCount) = (0.0, 0);
        foreach (var name in _wider.Concat(["caltech", "flowers"]))
        {
            var own = _wider.Contains(name);
            var set = run.Sets.Labels(name, own ? "eval" : "train", true);
            var images = Images(model, cache.Get($"{name}-{(own ? "eval" : "train")}", set.Items));
            var weights = Classifier(model, set.Classes);
            int[] use = [.. Enumerable.Range(0, set.Items.Length).Where(i => own || TextRecipe.ForValidation(i))];
            var accuracy = Accuracy(images.index_select(0, Index(use)), weights, [.. use.Select(i => set.Items[i].Class)]);
            add(name, accuracy);
            Trained(name, set, images, weights, use, add);
            if (own && name != "intel") { sum += accuracy; allCount++; }
            var mine = Enumerable.Range(0, set.Items.Length).Where(i => PictureSets.HeldOut.Contains($"{name}/{set.Classes[set.Items[i].Class]}"))
                .GroupBy(i => set.Items[i].Class).SelectMany(g => g.Take(20)).ToArray();
            if (mine.Length == 0) continue;
            var heldImages = images.index_select(0, Index(mine));
            general += Accuracy(heldImages, weights, [.. mine.Select(i => set.Items[i].Class)]) * mine.Length;
            generalCount += mine.Length;
            for (var k = 0; k < mine.Length; k++) held.Add((heldImages[k], set.Classes[set.Items[mine[k]].Class]));
        }
        add("wider average of seven", sum / allCount);
        string[] heldNames = [.. held.Select(h => h.Name).Distinct().Order(StringComparer.Ordinal)];
        var heldMatrix = stack(held.Select(h => h.Image));
        int[] heldTruth = [.. held.Select(h => Array.IndexOf(heldNames, h.Name))];
        add($"held out, among {heldNames.Length} held-out names", Accuracy(heldMatrix, Classifier(model, heldNames), heldTruth));
        add($"held out zh, among {heldNames.Length}", Accuracy(heldMatrix, Classifier(model, [.. heldNames.Select(n => run.Sets.Chinese(n)[0])]), heldTruth));
        add("held out, among all names of its set", general / generalCount);
    }

    /// <summary>The pictures of the classes that were trained, where some of the set were not: among all names, and among those that were trained.</summary>
    private static void Trained(string name, PictureSet set, Tensor images, Tensor weights, int[] use, Action<string, double> add)
    {
        int[] trained = [.. Enumerable.Range(0, set.Classes.Length).Where(c => !PictureSets.HeldOut.Contains($"{name}/{set.Classes[c]}"))];
        if (trained.Length == set.Classes.Length) return;
        int[] rows = [.. use.Where(i => trained.Contains(set.Items[i].Class))];
        var own = images.index_select(0, Index(rows));
        add($"{name}, {trained.Length} trained classes", Accuracy(own, weights, [.. rows.Select(i => set.Items[i].Class)]));
        add($"{name}, those among their own names", Accuracy(own, weights.index_select(0, Index(trained)), [.. rows.Select(i => Array.IndexOf(trained, set.Items[i].Class))]));
    }

    private static Tensor Images(MiniModel model, SetFeatures f) => model.EmbedImages(f.Described.Mixture, f.Described.Pooled);

    /// <summary>Mean of the templates' embeddings for each name, [N, D], of length 1.</summary>
    public static Tensor Classifier(MiniModel model, string[] names, int skip = -1)
    {
        var sum = zeros(names.Length, MiniSpec.Embed);
        var templates = PromptText.IsChinese(names[0]) ? ChineseTemplates : model.EnglishTemplates;
        foreach (var t in templates)
            foreach (var (chunk, at) in names.Chunk(128).Select((c, i) => (c, i * 128)))
            {
                using var scope = NewDisposeScope();
                sum.narrow(0, at, chunk.Length).PlusInPlace(model.EmbedTexts(chunk.Select(n => t.Replace("{}", n, StringComparison.Ordinal))));
            }
        var w = nn.functional.normalize(sum, dim: 1);
        if (skip >= 0) w[skip].zero_();
        return w;
    }

    private static double Accuracy(Tensor images, Tensor weights, int[] truth) => Match(images.matmul(weights.t()), truth);

    private static double Match(Tensor scores, int[] truth) => scores.argmax(1).eq(Index(truth)).to_type(ScalarType.Float32).mean().item<float>();

    private static (double R1, double R10) Retrieval(MiniModel model, Tensor images, string[][] captions)
    {
        double r1 = 0, r10 = 0, n = 0;
        for (var k = 0; k < 5; k++)
        {
            using var scope = NewDisposeScope();
            int[] have = [.. Enumerable.Range(0, captions.Length).Where(i => captions[i].Length > k)];
            var texts = cat(have.Chunk(128).Select(c => model.EmbedTexts(c.Select(i => captions[i][k]))).ToList(), 0);
            var scores = texts.matmul(images.t());
            var own = scores.gather(1, Index(have).unsqueeze(1));
            var rank = scores.gt(own).sum(1);
            r1 += rank.IsBelow(1).sum().item<long>();
            r10 += rank.IsBelow(10).sum().item<long>();
            n += have.Length;
        }
        return (r1 / n, r10 / n);
    }

    private static Tensor Index(IEnumerable<int> rows) => tensor(rows.Select(r => (long)r).ToArray());
}
