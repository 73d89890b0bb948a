using NClip.Architectures;
using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>Checkpoints of models that NClip has no graph for.</summary>
public sealed class OtherModelTests
{
    [Fact]
    public void A_model_of_another_kind_is_refused_by_its_kind()
    {
        using var folder = new TemporaryFolder();
        using (var clip = StateDict.Open(Reference.Path("model_tiny/d1_hf_quickgelu_eos2/model.safetensors")))
            Safetensors.Write(folder["model.safetensors"], clip.Tensors.Values.Where(t => !t.Name.Contains("patch_embedding")).Select(t => (t.Name, t.Type, t.Shape, t.Bytes())));
        folder.Write("config.json", """{"model_type": "flava"}""");
        using var file = StateDict.Open(folder.Path);
        var e = Assert.Throws<CheckpointException>(() => SpecReader.Read(NamingMap.Apply(file), folder.Path, null));
        Assert.Equal(folder["config.json"], e.File);
        Assert.Contains($"model_type is 'flava'; NClip reads {string.Join(", ", ModelFamily.Types)}", e.Message);
        Assert.All((string[])["siglip", "siglip2", "align", "chinese_clip", "metaclip_2", "altclip", "jina_clip", "clip"], t => Assert.Contains(t, ModelFamily.Types));
    }
}
