using System.Text.Json;
using NClip.Foundation;
using NClip.Training.RunFiles;

namespace NClip.Training.Runs;

/// <summary>The folder that a run writes: whose it is, and that nobody else writes into it meanwhile.</summary>
internal sealed class RunFolder : IDisposable
{
    private const string Identity = "run.json", LockName = ".lock";

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    private readonly FileStream _lock;

    private RunFolder(string path, FileStream @lock) => (Root, _lock) = (path, @lock);

    /// <summary>Its path.</summary>
    public string Root { get; }

    public string Checkpoints => Path.Combine(Root, "checkpoints");

    public string Metrics => Path.Combine(Root, "metrics.jsonl");

    public string Events => Path.Combine(Root, "tensorboard", "events.out.tfevents.0.nclip");

    public string Evaluations => Path.Combine(Root, "evaluations.jsonl");

    public string Report => Path.Combine(Root, "report.html");

    public string Broken => Path.Combine(Root, "broken.jsonl");

    public string Model => Path.Combine(Root, "model");

    /// <summary>Folder of the model at a share of the way from the run's first weights to its last.</summary>
    public string WiseFt(double alpha) => Path.Combine(Root, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"wise-ft-{alpha}"));

    /// <summary>Whether the run has ended well before.</summary>
    public bool IsFinished => Directory.Exists(Model);

    /// <summary>Says whether the settings are those of the run that is in the folder; one that is not there yet, or has none, fits all.</summary>
    /// <exception cref="RunFileException">They are another run's.</exception>
    public static void Check(string path, IReadOnlyList<(string Key, string Value)> identity)
    {
        var file = Path.Combine(path, Identity);
        if (!File.Exists(file))
        {
            if (Directory.Exists(Path.Combine(path, "model")) || Directory.Exists(Path.Combine(path, "checkpoints")))
                throw new RunFileException($"has a model or checkpoints, but no {Identity} that says of which run. Name another output folder.", path);
            return;
        }
        Dictionary<string, string>? before;
        try
        {
            before = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RunFileException($"cannot be read: {e.Message} Name another output folder.", file, e);
        }
        foreach (var (key, value) in identity)
        {
            var old = before!.GetValueOrDefault(key, "not there");
            if (old != value) throw new RunFileException($"has another run, whose {key} is {old}; here it is {value}. Name another output folder, or remove this one.", path);
        }
        var more = before!.Keys.Except(identity.Select(i => i.Key)).FirstOrDefault();
        if (more is not null) throw new RunFileException($"has another run, which has {more}. Name another output folder, or remove this one.", path);
    }

    /// <summary>Makes the folder or takes it up.</summary>
    /// <exception cref="RunFileException">It is another run's, or another process writes into it.</exception>
    public static RunFolder Open(string path, IReadOnlyList<(string Key, string Value)> identity)
    {
        Check(path, identity);
        try
        {
            Directory.CreateDirectory(path);
            var held = new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (!File.Exists(Path.Combine(path, Identity)))
                NewFile.Write(Path.Combine(path, Identity), to => JsonSerializer.Serialize(to, identity.ToDictionary(i => i.Key, i => i.Value), _indented));
            return new RunFolder(path, held);
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            throw new RunFileException(e is IOException && File.Exists(Path.Combine(path, LockName)) ? "another process writes into this folder: the same run is under way. Wait for it, or name another output folder." : $"cannot be written: {FileRefusal.Why(e)}", path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
