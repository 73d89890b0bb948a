using NClip.Tests;
using Xunit;

namespace NClip.Evaluation.Tests;

/// <summary>Tip-Adapter and LP++ against reference/fewshot/adapters.</summary>
public sealed class FewShotTests : IDisposable
{
    private readonly Golden _golden = new("fewshot/adapters.safetensors");
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _golden.Dispose();
        _folder.Dispose();
    }

    private LabeledFeatures Train => _golden.Labeled("train", "train_labels");

    private Matrix Text => _golden.Matrix("text");

    private Matrix Test => _golden.Matrix("test");

    [Theory, InlineData(1.0, 5.5), InlineData(2.5, 1.0), InlineData(0.5, 10.0)]
    public void Tip_Adapter_s_logits_are_the_reference_s(double alpha, double beta)
        => _golden.AssertNear(FormattableString.Invariant($"tip_a{alpha:0.0}_b{beta:0.0}.logits"), TipAdapter.Of(Train, Text, alpha, beta).Logits(Test), 5e-5);

    [Fact]
    public void The_search_takes_the_first_best_of_the_authors_grid()
    {
        var (best, accuracy) = TipAdapter.Of(Train, Text).Search(_golden.Labeled("val", "val_labels"), 5, 5);
        _golden.AssertNear("tip_search.best_acc_beta_alpha", [accuracy, best.Beta, best.Alpha], 1e-9);
    }

    [Fact]
    public void The_keys_are_trained_as_torch_trains_them()
    {
        var (keys, losses) = KeyTraining.Run(TipAdapter.Of(Train, Text), _golden.Matrix("tipf.batch"), _golden.Integers("train_labels"), new TipTraining(5, Cosine: false), default);
        _golden.AssertNear("tipf.losses", losses, 1e-5);
        _golden.AssertNear("tipf.keys_step5", keys, 1e-5);
    }

    [Fact]
    public void Fine_tuning_lowers_the_loss()
    {
        var adapter = TipAdapter.Of(Train, Text);
        double Loss(TipAdapter a) => KeyTraining.Run(a, Train.Features, Train.Labels, new TipTraining(1), default).Losses[0];
        Assert.True(Loss(adapter.FineTuned(Train)) < Loss(adapter));
    }

    [Fact]
    public void Plain_LP_goes_the_reference_s_way()
    {
        var (head, losses, _, _, _) = LinearProbePlus.Run(Train, Text, new LinearProbePlusOptions(50, 2, 20, 10, Plain: true), new double[5], default);
        _golden.AssertNear("lpp.losses", losses, 1e-6);
        _golden.AssertNear("lpp.test_logits", head.Logits(Test), 1e-4);
    }

    [Fact]
    public void LP_goes_the_way_of_the_authors_program()
    {
        var (head, losses, weightRate, alphaRate, alpha) = LinearProbePlus.Run(Train, Text, new LinearProbePlusOptions(30), _golden.Doubles("lpp_program.init_bias"), default);
        _golden.AssertNear("lpp_program.lr_w_lr_alpha_alpha0", [weightRate, alphaRate, alpha], 2e-4);
        _golden.AssertNear("lpp_program.losses", losses, 1e-4 * _golden.Doubles("lpp_program.losses").Max());
        _golden.AssertNear("lpp_program.test_logits", head.Logits(Test), 1e-4 * _golden.Doubles("lpp_program.test_logits").Max(Math.Abs));
    }

    [Fact]
    public void Heads_come_back_from_their_files()
    {
        FeatureHead[] heads = [TipAdapter.Of(Train, Text, 1.5, 3.25), LinearProbePlus.Fit(Train, Text), LinearProbe.Fit(Train, 1, new ProbeOptions(Normalize: false)).Head];
        foreach (var head in heads)
        {
            head.Save(_folder["head.safetensors"]);
            var again = FeatureHead.Load(_folder["head.safetensors"]);
            Assert.Equal((head.GetType(), head.Width), (again.GetType(), again.Width));
            Assert.Equal(head.Classes, again.Classes);
            Assert.Equal(head.Logits(Test).ToArray(), again.Logits(Test).ToArray());
        }
        Assert.Contains("the head was made for 16", Assert.Throws<EvaluationException>(() => heads[0].Logits(new Matrix(1, 3, new float[3]))).Message);
    }

    [Fact]
    public void A_file_that_is_no_head_is_refused_by_name()
    {
        var weights = Reference.Path("fewshot/adapters.safetensors");
        var e = Assert.Throws<EvaluationException>(() => FeatureHead.Load(weights));
        Assert.Contains("adapters.safetensors: this is no head", e.Message);
        Assert.Contains("no such file", Assert.Throws<EvaluationException>(() => FeatureHead.Load(_folder["none.safetensors"])).Message);
    }

    [Fact]
    public void A_draw_of_fewer_is_part_of_one_of_more()
    {
        var all = ProbeTests.Clouds(200, 4, 5);
        var (few, more) = (ShotDraw.Draw(all, 3, 1), ShotDraw.Draw(all, 8, 1));
        Assert.Equal((15, 40), (few.Count, more.Count));
        var rows = Enumerable.Range(0, 40).Select(i => string.Join(' ', more.Features.Row(i).ToArray())).ToHashSet();
        Assert.All(Enumerable.Range(0, 15), i => Assert.Contains(string.Join(' ', few.Features.Row(i).ToArray()), rows));
    }
}
