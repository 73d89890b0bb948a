using NClip.Checkpoints;
using NClip.Data;
using NClip.Training.Data;
using NClip.Training.Losses;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using static TorchSharp.torch;

namespace NClip.Training.Mini.Stages;

/// <summary>Where a picture of this source gets its gradient from.</summary>
/// <param name="Set">The pictures.</param>
/// <param name="Share">How often it is drawn.</param>
/// <param name="Items">Rows of the set that may train.</param>
/// <param name="Teacher">The original trunk's probabilities of the whole pictures, [rows of the set, 1001], or null.</param>
/// <param name="Texts">What its head output is compared with: embeddings of class names [classes, D], or of captions [5 a picture, D]; or null.</param>
/// <param name="Captioned">Whether <paramref name="Texts"/> are captions, five a picture in order.</param>
/// <param name="Classes">For labels that are ImageNet's: the classes that occur, among which the trunk's classifier must choose; or null.</param>
/// <param name="SmallestCrop">Least share of the picture's area that a crop keeps.</param>
internal sealed record TowerSource(PictureSet Set, double Share, int[] Items, Tensor? Teacher, Tensor? Texts, bool Captioned, int[]? Classes, float SmallestCrop);

/// <summary>Trains the trunk: pictures cropped, mirrored, recoloured, coarsened; the texts stand still; what the original trunk knew is held by distillation.</summary>
/// <param name="model">What is trained.</param>
/// <param name="sources">What of.</param>
/// <param name="former">The trunk as it was (<see cref="Former"/>), which sees the crops that the trained one sees; null: the sources say what it saw of whole pictures.</param>
internal sealed class TowerStage(MiniModel model, IReadOnlyList<TowerSource> sources, MiniModel? former = null)
{
    /// <summary>Length, batch and rates of the stage. Sizes: picture side in px and the share of steps that use it; the last tenth of the steps uses <see cref="LastSize"/>.</summary>
    public sealed record Options(int Steps, int Batch = 64, double Rate = 1.5e-4, double HeadRate = 4, double Distill = 1.5, double Average = 0.998, int LastSize = 192, double CoarseShare = 0.35, int Seed = 3, DateTime? Until = null, int MicroBatch = 16, double LastShare = 0.12, int Others = 511, bool TeacherSeesCrop = false);

    private static readonly int _workers = Math.Min(2, Environment.ProcessorCount);

    /// <summary>The trunk as it is now, for a teacher.</summary>
    public static MiniModel Former(MiniModel model)
    {
        var store = new ParameterStore();
        foreach (var (name, value) in model.Store.Where(n => n.StartsWith("visual.trunk.", StringComparison.Ordinal))) store.Add(name, value, trained: false);
        return new MiniModel(store, model.Spec, model.Vocabulary);
    }

    public void Run(Options o, string checkpoint, int every = 100)
    {
        bool Trained(string name) => name.StartsWith("visual.", StringComparison.Ordinal);
        using var optimizer = new AdamW(model.Store.Where(Trained), decay: 0.01, rate: n => n.StartsWith("visual.head.", StringComparison.Ordinal) ? o.HeadRate : 1, beta2: 0.99);
        using var held = NewDisposeScope();
        var average = model.Store.Where(Trained).ToDictionary(p => p.Name, p => p.Value.detach().clone());
        var first = Restore(checkpoint, optimizer, average);
        var copies = Enumerable.Range(0, _workers).Select(w => w == 0 ? model : Alias(Trained)).ToArray();
        set_num_threads(1);
        var start = DateTime.Now;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var sums = new Dictionary<string, (double Sum, int Count)>();
        var last = first;
        for (var step = first; step < o.Steps; step++)
        {
            // The share of the run that is behind: by steps, or by the clock where an end is set.
            var done = Math.Max((double)step / o.Steps, o.Until is { } until ? Math.Min(1, (DateTime.Now - start) / (until - start)) : 0);
            if (done >= 1) break;
            var size = done >= 1 - o.LastShare ? o.LastSize : new Random(step * 7 + 5).Next(5) < 3 ? 128 : 160;
            Parallel.For(0, _workers, new ParallelOptions { MaxDegreeOfParallelism = _workers }, w =>
            {
                for (var m = 0; m < o.Batch / o.MicroBatch / _workers; m++) Accumulate(copies[w], o, size, new Random((step * 64 + w * 16 + m) * 31 + o.Seed), sums);
            });
            using (no_grad())
            using (NewDisposeScope())
            {
                for (var w = 1; w < _workers; w++)
                    foreach (var (name, value) in copies[w].Store.Where(Trained))
                        if (value.grad is { } g) { model.Store[name].grad!.PlusInPlace(g); g.zero_(); }
                var rate = o.Rate * Math.Min(1, (step + 1) / 100.0) * (0.02 + 0.98 * (1 + Math.Cos(Math.PI * done)) / 2);
                optimizer.Step(rate, clip: 5);
                var keep = Math.Min(o.Average, (1.0 + step) / (10 + step));
                foreach (var (name, value) in model.Store.Where(Trained)) average[name].MixInPlace(keep, value, 1 - keep);
            }
            if ((step + 1) % 25 == 0)
            {
                Console.WriteLine($"{DateTime.Now:HH:mm:ss} step {step + 1}/{o.Steps}, {watch.Elapsed.TotalSeconds / (step + 1 - first):f2} s/step: " + string.Join(" ", sums.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} {s.Value.Sum / s.Value.Count:f3}")));
                sums.Clear();
            }
            last = step + 1;
            if (last % every == 0) Save(checkpoint, last, optimizer, average);
        }
        Save(checkpoint, last, optimizer, average);
    }

    private MiniModel Alias(Func<string, bool> trained)
    {
        var store = new ParameterStore();
        foreach (var (name, value) in model.Store.Where(trained)) store.Share(name, value);
        return new MiniModel(store, model.Spec, model.Vocabulary);
    }

    private void Accumulate(MiniModel copy, Options o, int size, Random random, Dictionary<string, (double, int)> sums)
    {
        using var scope = NewDisposeScope();
        var count = o.MicroBatch;
        var drawn = new (TowerSource Source, int Item)[count];
        var pixels = new float[count * size * size * 3];
        for (var i = 0; i < count; i++)
        {
            // One draw of sources for each slot, stratified so that every micro-batch has its share of each.
            var at = (i + random.NextDouble()) / count * sources.Sum(s => s.Share);
            var source = sources[^1];
            foreach (var s in sources) if ((at -= s.Share) <= 0) { source = s; break; }
            var item = source.Items[random.Next(source.Items.Length)];
            drawn[i] = (source, item);
            PictureView.Draw(source.Set.Items[item].Encoded, size, source.SmallestCrop, o.CoarseShare, SampleRandom.Of((ulong)random.NextInt64(), "view"), pixels.AsSpan(i * size * size * 3, size * size * 3));
        }
        var seen = tensor(pixels).reshape(count, size, size, 3).permute(0, 3, 1, 2);
        Tensor? said = null;
        if (former is not null)
            using (no_grad()) said = nn.functional.softmax(former.Classify(former.Pool(seen)), 1);
        var pooled = copy.Pool(seen);
        var logits = copy.Classify(pooled);
        var (mixture, described) = copy.Describe(pooled, logits);
        var embedded = copy.EmbedImages(mixture, described);
        var scale = (float)Math.Exp(model.Store["logit_scale"].item<float>());
        var loss = zeros(1);
        foreach (var group in drawn.Select((d, i) => (d.Source, d.Item, Row: (long)i)).GroupBy(d => d.Source))
        {
            var (source, items) = (group.Key, group.ToArray());
            var rows = tensor(items.Select(d => d.Row).ToArray());
            var indices = tensor(items.Select(d => (long)d.Item).ToArray());
            void Add(string kind, Tensor perRow, double weight)
            {
                loss = loss.Plus(perRow.sum().Times(weight / count));
                lock (sums)
                {
                    var (s, n) = sums.GetValueOrDefault(kind);
                    sums[kind] = (s + perRow.detach().sum().item<float>(), n + items.Length);
                }
            }
            if (said is not null || source.Teacher is not null) Add("keep", DistillationLoss.PerRow(logits.index_select(0, rows), said?.index_select(0, rows) ?? source.Teacher!.index_select(0, indices)), o.Distill);
            if (source.Classes is not null)
            {
                var among = logits.index_select(0, rows).index_select(1, tensor(source.Classes.Select(c => c + 1L).ToArray()));
                Add("classes", nn.functional.cross_entropy(among, tensor(items.Select(d => (long)Array.IndexOf(source.Classes, source.Set.Items[d.Item].Class)).ToArray()), reduction: nn.Reduction.None, label_smoothing: 0.05), 0.5);
            }
            if (source.Texts is null) continue;
            if (source.Captioned)
            {
                // Each picture against one of its captions and many of other pictures.
                var all = source.Set.Items.Length;
                var captions = items.Select(d => d.Item * 5L + random.Next(5)).Concat(Enumerable.Range(0, o.Others).Select(_ => (long)random.Next(all) * 5 + random.Next(5))).ToArray();
                var scores = embedded.index_select(0, rows).matmul(source.Texts.index_select(0, tensor(captions)).t()).Times(scale);
                Add("captions", nn.functional.cross_entropy(scores, HeldScalars.Range(0, items.Length, int64), reduction: nn.Reduction.None), 0.5);
            }
            else
                Add(source.Set.Name == "cifar" ? "cifar" : "names", nn.functional.cross_entropy(embedded.index_select(0, rows).matmul(source.Texts.t()).Times(scale), tensor(items.Select(d => (long)source.Set.Items[d.Item].Class).ToArray()), reduction: nn.Reduction.None, label_smoothing: 0.05), 1);
        }
        loss.Over(o.Batch / count).backward();
    }

    private void Save(string path, int step, AdamW optimizer, Dictionary<string, Tensor> average)
    {
        SafetensorsFile.Write(path, model.Store.Where(_ => true).Concat(average.Select(a => ("average." + a.Key, a.Value))).Concat(optimizer.State()).Append(("step", tensor((float)step))));
        SafetensorsFile.Write(Path.ChangeExtension(path, ".average.safetensors"), average.Select(a => (a.Key, a.Value)));
    }

    private int Restore(string path, AdamW optimizer, Dictionary<string, Tensor> average)
    {
        if (!File.Exists(path)) return 0;
        using var scope = NewDisposeScope();
        using var from = StateDict.Open(path);
        Tensor Read(string name) => tensor(from.Tensors[name].ToFloat32()).reshape(from.Tensors[name].Shape);
        var step = (int)Read("step").item<float>();
        model.Store.CopyFrom(from);
        using var _ = no_grad();
        foreach (var (name, value) in average) value.copy_(Read("average." + name));
        optimizer.Restore(step, Read);
        Console.WriteLine($"goes on from step {step} of {path}");
        return step;
    }
}
