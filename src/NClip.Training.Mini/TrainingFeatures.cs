using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>Pictures that train.</summary>
/// <param name="Set">The pictures.</param>
/// <param name="Views">What the trunk says of each: of the whole picture and of crops.</param>
/// <param name="Captions">A captioned picture's texts in two lists, one a language where there are two; null for pictures with a class.</param>
/// <param name="Use">Whether the picture of this row may train; null for all.</param>
internal sealed record TrainingSource(PictureSet Set, SetFeatures[] Views, Func<PictureItem, (string[] First, string[] Second)>? Captions = null, Func<int, bool>? Use = null);

/// <summary>The head's inputs of all training pictures in one matrix, with their captions or class names.</summary>
internal sealed class TrainingFeatures
{
    private readonly List<(string Set, int[] Rows, string[] Classes)> _labelled = [];
    private readonly List<int[]> _captioned = [];
    private readonly Tensor _meanPooled, _prototypes, _kinship;
    private readonly PictureSets _sets;

    public TrainingFeatures(PictureSets sets, Tensor classifier, IEnumerable<TrainingSource> sources)
    {
        _sets = sets;
        using var scope = NewDisposeScope();
        var (mixtures, pooled) = (new List<Tensor>(), new List<Tensor>());
        var (captions, classes) = (new List<(string[], string[])>(), new List<string>());
        foreach (var (set, views, captionsOf, use) in sources)
        {
            var (first, count) = (classes.Count, set.Items.Length);
            bool Trains(int i) => use?.Invoke(i) != false && !(captionsOf is null && PictureSets.HeldOut.Contains($"{set.Name}/{set.Classes[set.Items[i].Class]}"));
            int[][] rows = [.. Enumerable.Range(0, count).Where(Trains).Select(i => views.Select((_, v) => first + (v * count) + i).ToArray())];
            foreach (var view in views)
            {
                captions.AddRange(set.Items.Select(i => captionsOf?.Invoke(i) ?? ([], [])));
                classes.AddRange(set.Items.Select(i => i.Class < 0 ? "" : set.Classes[i.Class]));
                mixtures.Add(view.Described.Mixture);
                pooled.Add(view.Described.Pooled);
            }
            if (captionsOf is null) _labelled.Add((set.Name, [.. rows.SelectMany(r => r)], [.. rows.Select(r => classes[r[0]]).Distinct()]));
            else _captioned.AddRange(rows);
        }
        (Mixture, Pooled, Captions, Class) = (cat(mixtures, 0).DetachFromDisposeScope(), cat(pooled, 0).DetachFromDisposeScope(), [.. captions], [.. classes]);
        var known = classifier.narrow(0, 1, MiniSpec.Classes);
        var unit = nn.functional.normalize(known - known.mean([0], keepdim: true), dim: 1);
        _kinship = unit.matmul(unit.t()).detach().DetachFromDisposeScope();
        // A class's pooled features without a picture of it: those of all pictures, weighted by how much each looks like it.
        var p = Mixture * Mixture;
        _meanPooled = Pooled.mean([0], keepdim: true).DetachFromDisposeScope();
        _prototypes = nn.functional.normalize(p.t().matmul(Pooled).Plus(_meanPooled.Times(2)) / (p.sum([0L]).unsqueeze(1).Plus(2)), dim: 1).DetachFromDisposeScope();
    }

    public Tensor Mixture { get; }
    public Tensor Pooled { get; }
    public (string[] First, string[] Second)[] Captions { get; }
    public string[] Class { get; }

    /// <summary>Different captioned pictures, one view of each.</summary>
    public int[] DrawCaptioned(int n, Random random)
        => [.. Enumerable.Range(0, n).Select(_ => random.Next(_captioned.Count)).Distinct().Select(p => _captioned[p][random.Next(_captioned[p].Length)])];

    /// <summary>Pictures of one set and the names of all its classes.</summary>
    public (int[] Rows, string[] Names) DrawLabelled(int n, Random random)
    {
        var (_, rows, classes) = _labelled[random.Next(_labelled.Count)];
        return ([.. Enumerable.Range(0, n).Select(_ => rows[random.Next(rows.Length)])], classes);
    }

    /// <summary>Pictures of all sets and the names that occur.</summary>
    public (int[] Rows, string[] Names) DrawMixed(int n, Random random)
    {
        int[] drawn = [.. Enumerable.Range(0, n).Select(_ => { var rows = _labelled[random.Next(_labelled.Count)].Rows; return rows[random.Next(rows.Length)]; })];
        return (drawn, [.. drawn.Select(r => Class[r]).Distinct()]);
    }

    /// <summary>The class's name, or one of its Chinese ones.</summary>
    public string Name(string name, Random random)
    {
        var chinese = _sets.Chinese(name);
        return chinese.Length > 0 && random.Next(2) == 0 ? chinese[random.Next(chinese.Length)] : name;
    }

    /// <summary>
    /// Head inputs of pictures nobody took, one ImageNet class each: a real picture's logits, pushed towards the class and, as
    /// far as the classifier's rows say they look alike, towards its kin, until the class leads by a random margin. So doubt
    /// goes where it goes in real pictures.
    /// </summary>
    public (Tensor Mixture, Tensor Pooled) Virtual(int[] classes, Random random)
    {
        var n = classes.Length;
        Tensor Random(double from, double to) => tensor(Enumerable.Range(0, n).Select(_ => (float)(from + (random.NextDouble() * (to - from)))).ToArray()).unsqueeze(1);
        var other = tensor(Enumerable.Range(0, n).Select(_ => (long)random.Next((int)Mixture.shape[0])).ToArray());
        var own = tensor(classes.Select(c => (long)c).ToArray());
        var logits = Mixture.index_select(0, other).log().Times(2);
        var push = (logits.amax([1L], keepdim: true) - logits.gather(1, own.unsqueeze(1))).Plus(Random(-0.5, 5));
        var mixture = nn.functional.softmax(logits.Plus(push * _kinship.index_select(0, own)), 1).NotBelow(1e-12).sqrt();
        var toMean = Random(0, 1);
        var pooled = nn.functional.normalize((_prototypes.index_select(0, own) * toMean.neg().Plus(1)).Plus(_meanPooled * toMean).Plus(Pooled.index_select(0, other).Times(0.3)), dim: 1);
        return (mixture, pooled);
    }
}
