using NClip.Images;
using NClip.Inference;
using NClip.Text;

namespace NClip;

/// <summary>How a model is run. ONNX Runtime's telemetry is off in every process that loads a model, unless its environment says otherwise (<c>ORT_DISABLE_TELEMETRY=0</c>, docs/hub.md).</summary>
/// <param name="Precision">Arithmetic. Default float32.</param>
/// <param name="Threads">Threads inside one run of a tower, 1 or more. Default: the physical cores on Linux, the logical ones elsewhere; never more than this process may use.</param>
/// <param name="BatchSize">Pictures or texts at a time, 1..1024; a large image tower takes a batch in several runs, with the same features. Default 16.</param>
/// <param name="Provider">What computes. Default CPU.</param>
/// <param name="ImagePolicy">How pictures are read. Default: as a person sees them.</param>
/// <param name="Images">Limits and speed of decoding; null for the defaults.</param>
/// <param name="Overflow">What happens to texts longer than the context. Default: an exception.</param>
/// <param name="Prepack">Lay the weights out anew for the CPU's kernels: up to 20 % faster, 0.3 s more to load ViT-B/32; without it the weights stay in the mapped file, shared between processes, and the last bits differ. Default true; the command does without for 16 pictures or fewer.</param>
/// <param name="CacheFolder">Where weights that had to be converted (from float16 and the like to float32, or to int8) are kept for the next time; models of which less than 128 MB has to be converted are converted in memory at each start. Default: NCLIP_CACHE, else nclip/weights in the user's cache folder (docs/formats.md).</param>
/// <param name="LabelCacheSize">Classes whose features are kept for the next call with the same names and templates, the least recently used of which make room: 4 D bytes each (2 kB of ViT-B/32). A call with more new classes than that keeps none. A class's features are those of the call that first met it; made in other company they may differ in the last bit. Default 4096; 0 keeps none.</param>
public sealed record ClipOptions(
    Precision Precision = Precision.Float32,
    int? Threads = null,
    int BatchSize = 16,
    ExecutionProvider Provider = ExecutionProvider.Cpu,
    ImagePolicy ImagePolicy = ImagePolicy.Natural,
    ImageOptions? Images = null,
    ContextOverflow Overflow = ContextOverflow.Throw,
    bool Prepack = true,
    string? CacheFolder = null,
    int LabelCacheSize = 4096)
{
    /// <summary>Most patches of one picture, 1..4096, for models that take patches (NaFlex); others refuse it. Default: as the model's configuration says, 256 or 576.</summary>
    public int? MaxPatches { get; init; }

    /// <summary>The folder of converted weights where <see cref="CacheFolder"/> names none: NCLIP_CACHE, else nclip/weights in the user's cache folder. It need not be there yet.</summary>
    public static string DefaultCacheFolder => WeightCacheFile.DefaultFolder();

    /// <summary>What of it concerns the towers.</summary>
    internal TowerOptions Towers => new(Precision, Threads, BatchSize, Provider, Prepack, CacheFolder);

    /// <summary>Throws where a value is out of its range.</summary>
    internal ClipOptions Validated()
    {
        Towers.Validated();
        if (LabelCacheSize < 0) throw new ClipException($"LabelCacheSize is {LabelCacheSize}; it must be 0 (nothing is kept) or more.");
        return this;
    }
}
