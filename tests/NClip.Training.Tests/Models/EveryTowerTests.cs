using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Tests;
using NClip.Tests.Inference;
using NClip.Training.Models;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using NClip.Training.Tests.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Models;

/// <summary>Every kind of tower that is read can be trained: from its weights and from nothing, and what is written is read as what was trained.</summary>
public sealed class EveryTowerTests
{
    private const int Pairs = 4, LongestText = 32;

    /// <summary>Those of <see cref="TorchTowerTests"/>, and those whose references are of another form.</summary>
    public static TheoryData<string, string> Cases()
    {
        var all = TorchTowerTests.Cases();
        foreach (var (folder, weights) in new[]
        {
            ("mobileclip_s0", "apple_names"), ("mobileclip_s1", "open_clip_model"), ("mobileclip_b", "apple_names"), ("mobileclip_b", "open_clip_model"), ("mobileclip2_s3", "reparameterised"), ("mobileclip2_l14", "open_clip_model"),
            ("metaclip2_hf", "model"), ("siglip2_b32", "open_clip_model"), ("siglip2_so400m14", "model"), ("siglip2_naflex", "open_clip_model"), ("text_xlm_roberta", "open_clip_model"),
        }) all.Add("../zoo/" + folder, weights + ".safetensors");
        return all;
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_model_is_trained_from_its_weights_and_from_nothing_and_its_folder_is_read_as_what_was_trained(string folder, string weights)
    {
        using var temporary = new TemporaryFolder();
        var file = Copied(folder, weights, temporary);
        using (var start = StartingModel.Open(new ModelSettings { Init = file }, seed: 1))
        {
            Train(folder, start.Model, rate: 1e-4);
            TrainedModelFolder.Write(start, name => start.Model.Weights[name], temporary["trained"]);
            SameFeatures(folder, start.Model, temporary["trained"]);
        }
        using var fresh = StartingModel.Open(new ModelSettings { Like = file }, seed: 1);
        Train(folder, fresh.Model, rate: 1e-4);
    }

    /// <summary>Two steps. A branch that begins as nothing (a ResNet's last norm of a block) has gradients from the second on.</summary>
    private static void Train(string what, TorchModel model, double rate)
    {
        using var optimizer = new AdamW(model.Weights.Where(n => model.Weights[n].requires_grad));
        var step = new ContrastiveStep(model, new PairLoss(new TrainSettings { Loss = model.Weights.Has("logit_bias") ? "siglip" : "clip" }, model));
        var silent = new HashSet<string>(model.Weights.Where(n => model.Weights[n].requires_grad).Select(w => w.Name));
        for (var i = 0; i < 2; i++)
        {
            using var scope = NewDisposeScope();
            Assert.True(double.IsFinite(step.Run(Batch(model.Spec), _ => StepMode.Both(new TrainingMode()))), what);
            silent.RemoveWhere(n => model.Weights[n].grad is { } g && g.IsNot(0).any().item<bool>());
            Assert.True(double.IsFinite(optimizer.Step(rate)), what);
        }
        Assert.True(silent.Count == 0, $"{what}: nothing is learned by {string.Join(", ", silent)}");
    }

    private static PairBatch Batch(ClipSpec spec)
    {
        var (size, random) = (spec.Image.Height, new Generator(11));
        var width = spec.Image.Width;
        var row = spec.UsualContext;
        var columns = Math.Min(LongestText, spec.Text.Context);
        var ids = new long[Pairs * columns];
        for (var i = 0; i < ids.Length; i++)
        {
            var (pair, at) = (i / columns, i % columns);
            var length = 1 + ((pair + 1) * (columns - 2) / Pairs);
            ids[i] = at == 0 && row.StartId is { } start && start < spec.Text.Vocabulary ? start
                : at < length ? 5 + (((pair * 31) + (at * 7)) % (spec.Text.Vocabulary - 8))
                : at == length ? Math.Min(row.EndId ?? 0, spec.Text.Vocabulary - 1) : Math.Min(row.PadId, spec.Text.Vocabulary - 1);
        }
        return new PairBatch(randn([Pairs, 3, size, width], generator: random), tensor(ids).reshape(Pairs, -1), [.. Enumerable.Range(0, Pairs).Select(n => $"{n}")]);
    }

    private static void SameFeatures(string what, TorchModel trained, string folder)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var file = StateDict.Open(folder);
        var tensors = NamingMap.Apply(file);
        using var read = TorchModel.Of(SpecReader.Read(tensors, folder, null), tensors);
        var batch = Batch(trained.Spec);
        Near(trained.EncodeImages(batch.Pixels), read.EncodeImages(batch.Pixels), "pictures");
        Near(trained.EncodeTexts(batch.Tokens), read.EncodeTexts(batch.Tokens), "texts");

        void Near(Tensor expected, Tensor actual, string of)
        {
            var off = Tensors.LargestDifference(expected, actual) / Math.Max(1, expected.abs().max().item<float>());
            Assert.True(off < 1e-5, $"{what}: the written folder gives other features of {of}, by {off:g3}");
        }
    }

    private static string Copied(string folder, string weights, TemporaryFolder to)
    {
        if (weights.Length == 0) return FormulaCase.Write(folder, to);
        var from = Path.GetDirectoryName(Reference.Path($"model_tiny/{folder}/{weights}"))!;
        foreach (var beside in Directory.GetFiles(from, "*.json")) File.Copy(beside, to[Path.GetFileName(beside)]);
        File.Copy(Path.Combine(from, weights), to[weights]);
        return to[weights];
    }
}
