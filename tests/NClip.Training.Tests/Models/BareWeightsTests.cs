using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Tests;
using NClip.Tests.Inference;
using NClip.Towers.Text;
using NClip.Training.Models;
using NClip.Training.RunFiles;
using NClip.Training.Tests.Runs;
using Xunit;

namespace NClip.Training.Tests.Models;

/// <summary>Fine-tuning from a weight file that has nothing beside it, as OpenAI's have not.</summary>
public sealed class BareWeightsTests
{
    [Theory]
    [InlineData("a_openai_vit", "state_dict.pt")]
    [InlineData("a_openai_vit", "torchscript_mixed_f16.pt")]
    [InlineData("b_openai_resnet", "")]
    public void A_model_from_a_bare_file_gets_a_configuration_that_says_what_it_was(string folder, string weights)
    {
        using var temporary = new TemporaryFolder();
        using var bare = new TemporaryFolder();
        var file = weights.Length == 0 ? FormulaCase.Write(folder, temporary) : Reference.Path($"model_tiny/{folder}/{weights}");
        File.Copy(file, bare[Path.GetFileName(file)]);
        using var start = StartingModel.Open(new ModelSettings { Init = bare[Path.GetFileName(file)] }, seed: 1);
        TrainedModelFolder.Write(start, name => start.Model.Weights[name], temporary["model"]);
        Assert.True(File.Exists(temporary["model/open_clip_config.json"]));
        using var state = StateDict.Open(temporary["model"]);
        var spec = SpecReader.Read(NamingMap.Apply(state), temporary["model"], null);
        var text = Assert.IsType<TextTransformerSpec>(spec.Text);
        Assert.Equal(((TextTransformerSpec)start.Model.Spec.Text) with { EndId = text.EndId }, text); // where the largest id ends a text, no tower asks for it
        Assert.Equal(start.Model.Spec.Image.ToString(), spec.Image.ToString());
        Assert.Equal((start.Model.Spec.EmbedDim, start.Model.Spec.Preprocess.Interpolation, start.Model.Spec.Preprocess.Resize), (spec.EmbedDim, spec.Preprocess.Interpolation, spec.Preprocess.Resize));
        Assert.Equal(start.Model.Spec.Preprocess.Mean, spec.Preprocess.Mean);
    }

    [Fact]
    public void A_run_from_a_bare_file_ends_in_a_folder_that_classifies_as_the_run_measured()
    {
        using var tiny = new TinyRun();
        Directory.CreateDirectory(tiny.Folder["bare"]);
        File.Copy(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"), tiny.Folder["bare/ViT-tiny.safetensors"]);
        TinyRun.Run(tiny.Settings("out", "steps=3", "lr=1e-4") with { Model = new ModelSettings { Init = tiny.Folder["bare/ViT-tiny.safetensors"] } });
        using var clip = Clip.Pretrained(tiny.Folder["out/model"]);
        Assert.Contains("\"quick_gelu\": true", File.ReadAllText(tiny.Folder["out/model/open_clip_config.json"]));
        var answer = Assert.IsType<LabelDistribution>(clip.Classify(tiny.Folder["pairs/00.png"], "red", "green", "blue"));
        Assert.Equal(1, answer.Ranked.Sum(s => s.Score), 1e-5);
    }
}
