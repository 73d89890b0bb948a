using NClip.Checkpoints;
using NClip.Training.Data;
using NClip.Training.Losses;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using static TorchSharp.torch;

namespace NClip.Training.Mini.Stages;

/// <summary>Fits text tower and image head to the features of a trunk that stands still.</summary>
internal sealed class TextStage(MiniModel model, TextCorpus corpus, TrainingFeatures pictures)
{
    private const double TeacherScale = 30;
    private const double StudentScale = 10;

    /// <summary>What one step draws, and how much each loss counts.</summary>
    /// <param name="Steps">Length of the run; the rate falls to nearly nothing along a cosine.</param>
    /// <param name="Rate">Learning rate after 50 steps of warming up.</param>
    /// <param name="Captions">Captioned pictures, each with two captions: one a language where there are two.</param>
    /// <param name="Pictures">Labelled pictures.</param>
    /// <param name="Classes">Pictures of ImageNet's classes that nobody took.</param>
    /// <param name="Teacher">Names whose real CLIP text features are known.</param>
    /// <param name="Senses">WordNet's senses.</param>
    /// <param name="FeatureDropout">Share of the head's inputs that is zeroed for labelled pictures.</param>
    /// <param name="Seed">Of every choice.</param>
    /// <param name="Scale">Factor on all five counts.</param>
    /// <param name="CaptionDropout">Share of the head's inputs that is zeroed for captioned pictures.</param>
    /// <param name="WordDropout">Share of a caption's pieces that is left out.</param>
    /// <param name="Between">Weight of the loss between a picture's two captions, beside 1 for those between picture and caption.</param>
    public sealed record Options(int Steps = 1500, double Rate = 1.5e-3, int Captions = 160, int Pictures = 128, int Classes = 160, int Teacher = 160, int Senses = 128, double FeatureDropout = 0.1, int Seed = 1, double Scale = 1, double CaptionDropout = 0.1, double WordDropout = 0, double Between = 0);

    /// <summary>Trains, or goes on from <paramref name="checkpoint"/>.</summary>
    /// <param name="o">What is drawn.</param>
    /// <param name="checkpoint">Where the state is kept every 100 steps, and taken from.</param>
    /// <param name="each">Called after every step with its number.</param>
    public void Run(Options o, string checkpoint, Action<int>? each = null)
    {
        o = o with { Captions = (int)(o.Captions * o.Scale), Classes = (int)(o.Classes * o.Scale), Teacher = (int)(o.Teacher * o.Scale), Senses = (int)(o.Senses * o.Scale), Pictures = (int)(o.Pictures * o.Scale) };
        using var optimizer = new AdamW(model.Store.Where(model.TrainsWithTexts), decay: 0.02);
        var first = Restore(checkpoint, optimizer);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var step = first; step < o.Steps; step++)
        {
            using var scope = NewDisposeScope();
            var random = new Random(HashCode.Combine(o.Seed, 17) * 31 + step);
            var scale = model.Store["logit_scale"].exp();
            Draft[] drafts = [Captions(o, random, scale), Labels(o, random, scale), Classes(o, random, scale), Geometry(o, random), .. o.Senses > 0 ? [Senses(o, random, scale)] : Array.Empty<Draft>()];
            // All texts of the step in one call: the embedding tables get their gradient once.
            var texts = model.EmbedTexts([.. drafts.SelectMany(d => d.Texts)]);
            var losses = new Tensor[drafts.Length];
            for (var (i, at) = (0, 0); i < drafts.Length; at += drafts[i++].Texts.Length) losses[i] = drafts[i].Loss(texts.narrow(0, at, drafts[i].Texts.Length));
            var loss = losses[0].Plus(losses[1]).Plus(losses[2]).Plus(losses[3].Times(0.5));
            if (losses.Length > 4) loss = loss.Plus(losses[4].Times(0.3));
            loss.backward();
            var warm = Math.Min(1, (step + 1) / 50.0);
            optimizer.Step(o.Rate * warm * (0.02 + 0.98 * (1 + Math.Cos(Math.PI * step / o.Steps)) / 2), clip: 5);
            model.ClampScale();
            if ((step + 1) % 50 == 0)
                Console.WriteLine($"{DateTime.Now:HH:mm:ss} step {step + 1}: captions {losses[0].item<float>():f3} labels {losses[1].item<float>():f3} classes {losses[2].item<float>():f3} geometry {losses[3].item<float>():f4}{(losses.Length > 4 ? $" senses {losses[4].item<float>():f3}" : "")} scale {scale.item<float>():f1}, {watch.Elapsed.TotalMilliseconds / (step + 1 - first):f0} ms/step");
            if ((step + 1) % 100 == 0) Save(checkpoint, step + 1, optimizer);
            each?.Invoke(step + 1);
        }
    }

    private void Save(string path, int step, AdamW optimizer)
    {
        SafetensorsFile.Write(path, model.Store.Where(model.TrainsWithTexts).Concat(optimizer.State()).Append(("step", tensor((float)step))));
        model.Sentences?.Save();
    }

    private int Restore(string path, AdamW optimizer)
    {
        if (!File.Exists(path)) return 0;
        using var scope = NewDisposeScope();
        using var from = StateDict.Open(path);
        Tensor Read(string name) => tensor(from.Tensors[name].ToFloat32()).reshape(from.Tensors[name].Shape);
        var step = (int)Read("step").item<float>();
        model.Store.CopyFrom(from);
        optimizer.Restore(step, Read);
        Console.WriteLine($"goes on from step {step} of {path}");
        return step;
    }

    /// <summary>The texts of a loss, and what it makes of their embeddings.</summary>
    private sealed record Draft(MiniText[] Texts, Func<Tensor, Tensor> Loss);

    private Draft Say(IEnumerable<string> texts, Func<Tensor, Tensor> loss) => new([.. texts.Select(t => model.Say(t, t))], loss);

    /// <summary>A name in a sentence; the sentence encoder, whose texts are kept, hears it in one of a few.</summary>
    private MiniText Around(string name, Random random) => model.Say(PromptText.Around(name, random), model.Sentences is null ? name : PromptText.Plain(name, random));

    private Draft Captions(Options o, Random random, Tensor scale)
    {
        var rows = pictures.DrawCaptioned(o.Captions, random);
        var images = model.EmbedImages(pictures.Mixture.index_select(0, Index(rows)), pictures.Pooled.index_select(0, Index(rows)), o.CaptionDropout);
        MiniText One(string[] of)
        {
            var caption = of[random.Next(of.Length)];
            return model.Say(caption, caption) with { Row = Thin(model.Row(caption), o.WordDropout, random) };
        }
        return new([.. rows.Select(r => One(pictures.Captions[r].First)), .. rows.Select(r => One(pictures.Captions[r].Second))], texts =>
        {
            var (first, second) = (texts.narrow(0, 0, rows.Length), texts.narrow(0, rows.Length, rows.Length));
            return ContrastiveLoss.InfoNce(images, first, scale).Plus(ContrastiveLoss.InfoNce(images, second, scale)).Over(2).Plus(ContrastiveLoss.InfoNce(first, second, scale).Times(o.Between));
        });
    }

    /// <summary>A row without some of its words, start and end token kept.</summary>
    private static int[] Thin(int[] row, double share, Random random)
        => share == 0 ? row : [.. row.Where((_, i) => i == 0 || i == row.Length - 1 || random.NextDouble() >= share)];

    /// <summary>Pictures of one set against the names of all its classes; every third step pictures of all sets against the names of all that are there.</summary>
    private Draft Labels(Options o, Random random, Tensor scale)
    {
        var (rows, names) = random.Next(3) == 0 ? pictures.DrawMixed(o.Pictures * 2, random) : pictures.DrawLabelled(o.Pictures, random);
        var images = model.EmbedImages(pictures.Mixture.index_select(0, Index(rows)), pictures.Pooled.index_select(0, Index(rows)), o.FeatureDropout);
        var at = names.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => (long)p.i);
        return new([.. names.Select(n => Around(pictures.Name(n, random), random))],
            texts => nn.functional.cross_entropy(images.matmul(texts.t()) * scale, tensor(rows.Select(r => at[pictures.Class[r]]).ToArray())));
    }

    /// <summary>Pictures that nobody took: a class's probability with a little of a real picture's mixed in, against names, synonyms, hypernyms and definitions.</summary>
    private Draft Classes(Options o, Random random, Tensor scale)
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
        return new([.. texts.Select(t => t.Text.Length > 40 ? model.Say(Beginning(t.Text), Beginning(t.Text)) : Around(t.Text, random))],
            embedded => ContrastiveLoss.MultiPositive(images, embedded, scale, tensor(positives).reshape(classes.Length, texts.Count)));
    }

    private Draft Geometry(Options o, Random random)
    {
        var rows = Enumerable.Range(0, o.Teacher).Select(_ => random.Next(corpus.TeacherNames.Length)).Distinct().ToArray();
        MiniText Text(string[] n) => Around(n[n.Length > 2 && random.Next(2) == 0 ? 2 + random.Next(n.Length - 2) : random.Next(2)], random);
        return new([.. rows.Select(r => Text(corpus.TeacherNames[r]))], texts => GeometryLoss.Forward(texts, corpus.TeacherFeatures.index_select(0, Index(rows)), StudentScale, TeacherScale));
    }

    /// <summary>A sense's English word against its Chinese one, or against its definition or the word above it where it has none.</summary>
    private Draft Senses(Options o, Random random, Tensor scale)
    {
        var senses = Enumerable.Range(0, o.Senses).Select(_ =>
        {
            var s = corpus.Senses[random.Next(corpus.Senses.Length)];
            for (var i = 0; i < 2 && s.Chinese.Length == 0; i++) s = corpus.Senses[random.Next(corpus.Senses.Length)];
            return s;
        }).DistinctBy(s => s.English[0]).ToArray();
        var left = senses.Select(s => PromptText.Around(s.English[random.Next(s.English.Length)], random));
        var right = senses.Select(s => s.Chinese.Length > 0 && random.Next(4) > 0 ? PromptText.Around(s.Chinese[random.Next(s.Chinese.Length)], random) : Beginning(s.Gloss));
        return Say([.. left, .. right], texts => ContrastiveLoss.InfoNce(texts.narrow(0, 0, senses.Length), texts.narrow(0, senses.Length, senses.Length), scale));
    }

    /// <summary>A definition's first words: its end costs more than it teaches.</summary>
    private static string Beginning(string text) => text.Length <= 90 ? text : text[..text.LastIndexOf(' ', 90)];

    private static TextCorpus.ClassText Draw(TextCorpus.ClassText[] texts, Random random)
    {
        var at = random.NextDouble() * texts.Sum(t => t.Weight);
        foreach (var t in texts) if ((at -= t.Weight) <= 0) return t;
        return texts[^1];
    }

    private static Tensor Index(int[] rows) => tensor(rows.Select(r => (long)r).ToArray());
}
