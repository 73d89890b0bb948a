using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Hub;
using NClip.Text;
using NClip.Training.Operators;
using NClip.Training.RunFiles;
using static TorchSharp.torch;

namespace NClip.Training.Models;

/// <summary>What a run begins with: a model, how its file spells it, and the files that go with it.</summary>
/// <param name="Model">On torch tensors, as parameters.</param>
/// <param name="Stored">The names and shapes of its weight file.</param>
/// <param name="Source">Its folder or file; of a configuration alone, that file.</param>
/// <param name="IsFresh">Whether it comes from a configuration, so that its folder has to be written anew.</param>
internal sealed record StartingModel(TorchModel Model, IReadOnlyList<StoredTensor> Stored, string Source, bool IsFresh) : IDisposable
{
    /// <summary>Texts to the rows of the text tower.</summary>
    public TextPipeline Texts => Model.Spec.Texts;

    /// <summary>Makes or reads the model.</summary>
    /// <param name="settings">Where it comes from.</param>
    /// <param name="seed">Of fresh weights.</param>
    /// <param name="cancellation">Ends a download.</param>
    /// <exception cref="ClipException">It is not there, cannot be read, or has a tower that cannot be made from this.</exception>
    public static StartingModel Open(ModelSettings settings, int seed, CancellationToken cancellation = default)
    {
        if (settings.Config.Length == 0) return Of(Resolve(settings.Init.Length > 0 ? settings.Init : settings.Like, cancellation), settings.Like.Length > 0 ? seed : null);
        if (!File.Exists(settings.Config)) throw new RunFileException("model.config is not there. An open_clip configuration was expected, or init with a model to go on from.", settings.Config);
        var spec = FreshSpec.Read(settings.Config);
        spec = spec with { Tokenizer = new(() => Tokenizer(spec, settings.Config)) };
        return new StartingModel(Fresh(spec, seed), StoredTensors.OpenClip(spec, HasCustomText(settings.Config)), settings.Config, IsFresh: true);
    }

    /// <summary>Local folder or file of a model's name.</summary>
    public static string Resolve(string name, CancellationToken cancellation)
    {
        using var hub = new ModelHub();
        return hub.ResolveAsync(name, cancellationToken: cancellation).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private static StartingModel Of(string path, int? freshSeed)
    {
        using var file = StateDict.Open(path);
        var tensors = NamingMap.Apply(file);
        var spec = SpecReader.Read(tensors, path, null);
        tensors.Check(spec);
        return new StartingModel(freshSeed is { } seed ? Fresh(spec, seed) : TorchModel.Of(spec, tensors), StoredTensors.Of(tensors, spec), path, IsFresh: false);
    }

    private static TorchModel Fresh(ClipSpec spec, int seed)
    {
        var weights = new ParameterStore();
        using var _ = no_grad();
        foreach (var (name, value) in new Initialisation(spec, seed).Weights())
        {
            using var scope = NewDisposeScope();
            weights.Add(name, value(), TorchModel.IsTrained(name));
        }
        return new TorchModel(spec, weights);
    }

    /// <summary>open_clip's own: the folder that is written will have its configuration.</summary>
    private static TextPipeline Tokenizer(ClipSpec spec, string config)
    {
        var folder = Directory.CreateTempSubdirectory("nclip-");
        try
        {
            TrainedModelFolder.WriteConfiguration(config, spec, folder.FullName);
            return SpecTexts.Of(spec, folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool HasCustomText(string config) => ConfigFile.Read(config, root => (root.Get("model_cfg") is null ? root : root.Object("model_cfg")).Flag("custom_text") ?? false);
}
