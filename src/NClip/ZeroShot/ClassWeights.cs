using System.Runtime.InteropServices;
using NClip.Foundation;

namespace NClip.ZeroShot;

/// <summary>How far the encoding of a classifier's prompts has come.</summary>
/// <param name="Done">Prompts that are encoded.</param>
/// <param name="Total">Prompts to encode; those of classes met before are not among them.</param>
public readonly record struct PromptProgress(long Done, long Total);

/// <summary>
/// Unit class weights [C, D] from prompts: the normalised mean of the unit features of all its prompts (names x templates), as in open_clip's
/// build_zero_shot_classifier (Radford et al. 2021, section 3.1.4). Prompts are encoded a group at a time and added up as they come, so that memory
/// grows with the classes, not with the prompts.
/// </summary>
/// <param name="encode">Texts to features [N, D], normalised or not.</param>
/// <param name="width">D.</param>
/// <param name="group">Prompts encoded at a time: whole batches of the tower, so that the features are those of one call.</param>
/// <param name="cache">Weights made before.</param>
internal sealed class ClassWeights(Func<IReadOnlyList<string>, CancellationToken, Matrix> encode, int width, int group, LabelCache cache)
{
    /// <summary>The weights, in the order of the classes.</summary>
    public Matrix Of(IReadOnlyList<LabelClass> classes, PromptTemplates templates, IProgress<PromptProgress>? progress = null, CancellationToken cancellation = default)
    {
        var values = new float[Matrix.Length(classes.Count, width)];
        var weights = new Dictionary<ClassKey, float[]>();
        var missing = new List<(ClassKey Key, LabelClass Class)>();
        var keys = classes.Select(c => ClassKey.Of(c, templates)).ToArray();
        foreach (var (i, key) in keys.Index())
        {
            ref var weight = ref CollectionsMarshal.GetValueRefOrAddDefault(weights, key, out var met);
            if (met) continue;
            weight = cache.Find(key);
            if (weight is null) missing.Add((key, classes[i]));
        }
        if (missing.Count > 0)
        {
            var sums = new PromptSums(encode, width, group, templates, [.. missing.Select(m => m.Class)]).Sum(progress, cancellation);
            foreach (var (i, sum) in sums.Index())
            {
                VectorMath.Normalize(sum, sum);
                weights[missing[i].Key] = sum;
                if (missing.Count <= cache.Capacity) cache.Add(missing[i].Key, sum); // more would only drive out each other
            }
        }
        for (var c = 0; c < keys.Length; c++) weights[keys[c]].CopyTo(values, c * width);
        return new Matrix(classes.Count, width, values);
    }
}
