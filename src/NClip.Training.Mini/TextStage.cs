using NClip.Training.Data;
using NClip.Training.Losses;
using NClip.Training.Optimization;
using NClip.Training.Tokenizers;
using NClip.Training.Towers;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>Fits text tower and image head to the features of a trunk that stands still.</summary>
internal sealed class TextStage(MiniModel model, TextCorpus corpus, TrainingFeatures pictures)
{
    private const double TeacherScale = 30;
    private const double StudentScale = 10;

    /// <summary>What one step draws, and how much each loss counts.</summary>
    public sealed record Options(int Steps = 1500, double Rate = 1.5e-3, int Captions = 192, int Pictures = 128, int Classes = 192, int Teacher = 192, int Senses = 192, double FeatureDropout = 0.1, int Seed = 1);

    public void Run(Options o, Action<int>? each = null)
    {
        using var optimizer = new AdamW(model.Store.Where(n => !n.StartsWith("visual.trunk.", StringComparison.Ordinal)), decay: 0.02);
        set_num_threads(2);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var step = 0; step < o.Steps; step++)
        {
            using var scope = NewDisposeScope();
            var random = new Random(HashCode.Combine(o.Seed, 17) * 31 + step);
            var scale = model.Store["logit_scale"].exp();
            var captions = CaptionLoss(o, random, scale);
            var labels = LabelLoss(o, random, scale);
            var classes = ClassLoss(o, random, scale);
            var geometry = GeometryLossOf(o, random);
            var senses = SenseLoss(o, random, scale);
            var loss = captions + labels + classes + geometry * 0.5 + senses * 0.3;
            loss.backward();
            var warm = Math.Min(1, (step + 1) / 50.0);
            optimizer.Step(o.Rate * warm * (0.02 + 0.98 * (1 + Math.Cos(Math.PI * step / o.Steps)) / 2), clip: 5);
            model.ClampScale();
            if ((step + 1) % 50 == 0)
                Console.WriteLine($"{DateTime.Now:HH:mm:ss} step {step + 1}: captions {captions.item<float>():f3} labels {labels.item<float>():f3} classes {classes.item<float>():f3} geometry {geometry.item<float>():f4} senses {senses.item<float>():f3} scale {scale.item<float>():f1}, {watch.Elapsed.TotalMilliseconds / (step + 1):f0} ms/step");
            each?.Invoke(step + 1);
        }
    }

    private Tensor CaptionLoss(Options o, Random random, Tensor scale)
    {
        var rows = pictures.DrawCaptioned(o.Captions, random);
        var images = model.EmbedImages(pictures.Mixture.index_select(0, Index(rows)), pictures.Pooled.index_select(0, Index(rows)), o.FeatureDropout);
        var texts = model.EmbedTexts(rows.Select(r => { var c = pictures.Captions[r]; return c[random.Next(c.Length)]; }));
        return ContrastiveLoss.InfoNce(images, texts, scale);
    }

    /// <summary>Pictures of one set against the names of all its classes; every third step pictures of all sets against the names of all that are there.</summary>
    private Tensor LabelLoss(Options o, Random random, Tensor scale)
    {
        var (rows, names) = random.Next(3) == 0 ? pictures.DrawMixed(o.Pictures * 2, random) : pictures.DrawLabelled(o.Pictures, random);
        var images = model.EmbedImages(pictures.Mixture.index_select(0, Index(rows)), pictures.Pooled.index_select(0, Index(rows)), o.FeatureDropout);
        var texts = model.EmbedTexts(names.Select(n => PromptText.Around(pictures.Name(n, random), random)));
        var at = names.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => (long)p.i);
        return nn.functional.cross_entropy(images.matmul(texts.t()) * scale, tensor(rows.Select(r => at[pictures.Class[r]]).ToArray()));
    }

    /// <summary>Pictures that nobody took: a class's probability with a little of a real picture's mixed in, against names, synonyms, hypernyms and definitions.</summary>
    private Tensor ClassLoss(Options o, Random random, Tensor scale)
    {
        var classes = Enumerable.Range(0, 1000).OrderBy(_ => random.Next()).Take(o.Classes).ToArray();
        var (mixture, pooled) = pictures.Virtual(classes, random);
        var images = model.EmbedImages(mixture, pooled, o.FeatureDropout);
        var texts = new List<TextCorpus.ClassText>();
        foreach (var c in classes)
        {
            texts.Add(Draw(corpus.ImageNet[c], random));
            if (random.Next(2) == 0) texts.Add(Draw(corpus.ImageNet[c], random));
        }
        var positives = new float[classes.Length * texts.Count];
        for (var i = 0; i < classes.Length; i++)
            for (var j = 0; j < texts.Count; j++)
                if (corpus.ImageNetAbove[classes[i]].Contains(texts[j].Sense)) positives[i * texts.Count + j] = 1;
        var embedded = model.EmbedTexts(texts.Select(t => t.Text.Length > 40 ? t.Text : PromptText.Around(t.Text, random)));
        return ContrastiveLoss.MultiPositive(images, embedded, scale, tensor(positives).reshape(classes.Length, texts.Count));
    }

    private Tensor GeometryLossOf(Options o, Random random)
    {
        var rows = Enumerable.Range(0, o.Teacher).Select(_ => random.Next(corpus.TeacherNames.Length)).Distinct().ToArray();
        var texts = model.EmbedTexts(rows.Select(r =>
        {
            var n = corpus.TeacherNames[r];
            return PromptText.Around(n[n.Length > 2 && random.Next(2) == 0 ? 2 + random.Next(n.Length - 2) : random.Next(2)], random);
        }));
        return GeometryLoss.Forward(texts, corpus.TeacherFeatures.index_select(0, Index(rows)), StudentScale, TeacherScale);
    }

    /// <summary>A sense's English word against its Chinese one, or against its definition or the word above it where it has none.</summary>
    private Tensor SenseLoss(Options o, Random random, Tensor scale)
    {
        var senses = Enumerable.Range(0, o.Senses).Select(_ =>
        {
            var s = corpus.Senses[random.Next(corpus.Senses.Length)];
            for (var i = 0; i < 2 && s.Chinese.Length == 0; i++) s = corpus.Senses[random.Next(corpus.Senses.Length)];
            return s;
        }).DistinctBy(s => s.English[0]).ToArray();
        var left = model.EmbedTexts(senses.Select(s => PromptText.Around(s.English[random.Next(s.English.Length)], random)));
        var right = model.EmbedTexts(senses.Select(s => s.Chinese.Length > 0 && random.Next(4) > 0 ? PromptText.Around(s.Chinese[random.Next(s.Chinese.Length)], random) : s.Gloss));
        return ContrastiveLoss.InfoNce(left, right, scale);
    }

    private static TextCorpus.ClassText Draw(TextCorpus.ClassText[] texts, Random random)
    {
        var at = random.NextDouble() * texts.Sum(t => t.Weight);
        foreach (var t in texts) if ((at -= t.Weight) <= 0) return t;
        return texts[^1];
    }

    private static Tensor Index(int[] rows) => tensor(rows.Select(r => (long)r).ToArray());
}
