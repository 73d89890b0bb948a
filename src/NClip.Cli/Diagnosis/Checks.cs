using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ImageMagick;
using NClip.Cli.Output;
using NClip.Hub;
using NClip.Inference;
using SkiaSharp;

namespace NClip.Cli.Diagnosis;

/// <summary>Everything that the doctor looks at, each by itself: one that throws does not hide the others.</summary>
internal static class Checks
{
    private static readonly (string Subject, Func<IEnumerable<Finding>> Look)[] _all =
    [
        ("program", Program),
        ("processor", Processor),
        ("memory", Memory),
        ("ONNX Runtime", Runtime),
        ("SkiaSharp", Skia),
        ("Magick.NET", Magick),
        ("hub", Hub),
        ("converted weights", Weights),
        ("models", Models),
        ("privacy", Privacy),
    ];

    /// <summary>Runs all of them.</summary>
    public static IReadOnlyList<Finding> Run() => [.. _all.SelectMany(c => Guarded(c.Subject, c.Look))];

    private static IEnumerable<Finding> Guarded(string subject, Func<IEnumerable<Finding>> look)
    {
        try { return [.. look()]; }
        catch (Exception e)
        {
            var cause = e is TypeInitializationException { InnerException: { } inner } ? inner : e;
            return [new(subject, State.Broken, Plain.Message(cause.Message), cause is DllNotFoundException ? Native(subject) : null)];
        }
    }

    private static string Native(string subject) => $"The native library of {subject} is missing for {RuntimeInformation.RuntimeIdentifier}. Install nclip again for this platform; on Linux, `ldd` on the .so beside nclip.dll names what the system lacks.";

    private static IEnumerable<Finding> Program()
    {
        yield return new("nclip", State.Good, $"{ProgramVersion.Full}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.RuntimeIdentifier}");
    }

    private static IEnumerable<Finding> Processor()
    {
        var sets = InstructionSets().ToArray();
        yield return new("cores", State.Good, $"{Environment.ProcessorCount} for this process");
        yield return sets.Length > 0
            ? new("instruction sets", State.Good, string.Join(", ", sets))
            : new("instruction sets", State.Note, "none that vector code uses", "Pictures are resized by the plain loops: correct, several times slower.");
    }

    private static IEnumerable<string> InstructionSets()
    {
        if (Sse41.IsSupported) yield return "SSE4.1";
        if (Avx2.IsSupported) yield return "AVX2";
        if (Fma.IsSupported) yield return "FMA";
        if (Avx512F.IsSupported) yield return "AVX-512F";
        if (Avx512BW.IsSupported) yield return "AVX-512BW";
        if (AvxVnni.IsSupported) yield return "AVX-VNNI";
        if (AdvSimd.IsSupported) yield return "AdvSIMD";
        if (Dp.IsSupported) yield return "DotProd";
    }

    private static IEnumerable<Finding> Memory()
    {
        var bytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        yield return new("memory", State.Good, $"{bytes / (double)(1L << 30):0.0} GiB for this process");
    }

    private static IEnumerable<Finding> Runtime()
    {
        var runtime = RuntimeLibrary.Load();
        yield return new("ONNX Runtime", State.Good, $"{runtime.Version}, providers {string.Join(", ", runtime.Providers.Select(p => p.Replace("ExecutionProvider", "", StringComparison.Ordinal)))}");
        if (!runtime.Providers.Contains("CUDAExecutionProvider"))
            yield return new("CUDA", State.Note, "not in this build", "For --provider cuda, reference the package Microsoft.ML.OnnxRuntime.Gpu in a program of your own.");
    }

    private static IEnumerable<Finding> Skia()
    {
        using var bitmap = new SKBitmap(8, 8);
        yield return new("SkiaSharp", State.Good, $"{SkiaSharpVersion.Native}: JPEG, WebP");
        yield return new("own decoders", State.Good, "PNG, GIF, BMP, TIFF, PPM");
    }

    private static IEnumerable<Finding> Magick()
    {
        var has = MagickNET.SupportedFormats.Where(f => f.SupportsReading).Select(f => f.Format).ToHashSet();
        (string Name, MagickFormat Format)[] wanted = [("HEIC", MagickFormat.Heic), ("AVIF", MagickFormat.Avif), ("JPEG 2000", MagickFormat.Jp2), ("JPEG XL", MagickFormat.Jxl), ("rare TIFFs", MagickFormat.Tiff), ("CMYK JPEGs", MagickFormat.Jpeg)];
        var lacking = wanted.Where(f => !has.Contains(f.Format)).Select(f => f.Name).ToArray();
        yield return new("Magick.NET", State.Good, $"{MagickNET.Version.Split(' ').Skip(1).FirstOrDefault()}: {string.Join(", ", wanted.Where(f => has.Contains(f.Format)).Select(f => f.Name))}");
        if (lacking.Length > 0) yield return new("formats", State.Note, $"{string.Join(", ", lacking)} cannot be read here", "Convert such pictures to JPEG or PNG.");
    }

    private static IEnumerable<Finding> Hub()
    {
        var o = HubOptions.FromEnvironment();
        yield return new("hub", State.Good, $"{o.Endpoint.AbsoluteUri.TrimEnd('/')}, token {(o.Token is null ? "none" : "set")}");
        if (o.Offline) yield return new("offline", State.Note, "HF_HUB_OFFLINE is set: only models that are here already", "Unset it to download.");
        yield return Folder("Hugging Face cache", o.CacheFolder);
        yield return Folder("OpenAI cache", o.OpenAIFolder);
    }

    private static Finding Folder(string subject, string folder)
        => Directory.Exists(folder) ? new(subject, State.Good, folder) : new(subject, State.Good, $"{folder} (not there yet; the first download makes it)");

    private static IEnumerable<Finding> Weights()
    {
        const string Subject = "converted weights";
        var folder = ClipOptions.DefaultCacheFolder;
        if (!Directory.Exists(folder))
        {
            yield return new(Subject, State.Good, $"{folder} (not there yet; the first large model in float16 or int8 makes it)");
            yield break;
        }
        var files = new DirectoryInfo(folder).GetFiles();
        var size = $"{folder}, {files.Length} file{(files.Length == 1 ? "" : "s")}, {files.Sum(f => f.Length) / 1e6:0.#} MB";
        yield return Writable(folder)
            ? new(Subject, State.Good, size, files.Length == 0 ? null : $"To free the space, delete what is in it while no program uses it: it is made again when it is needed. NCLIP_CACHE names another folder.")
            : new(Subject, State.Note, $"{size}; it cannot be written", $"Large models are converted in memory at every start, the largest cannot run. Make the folder writable, or set NCLIP_CACHE to one that is.");
    }

    private static bool Writable(string folder)
    {
        try
        {
            new FileStream(Path.Combine(folder, $"{Guid.NewGuid():N}.part"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static IEnumerable<Finding> Models()
    {
        var models = Clip.ListCached();
        if (models.All(m => m.Source != "embedded"))
            yield return new("nclip-mini", State.Note, "the embedded model is not beside the program", "Install nclip again, or name a model with --model.");
        foreach (var m in models)
            yield return new("model", m.IsWhole ? State.Good : State.Note, $"{m.Name} ({m.Bytes / 1e6:0.#} MB, {m.Source})", m.IsWhole ? null : $"Its download is not complete; `nclip model pull {m.Name}` goes on with it.");
    }

    private static IEnumerable<Finding> Privacy()
    {
        yield return new("stored", State.Good, $"models in the caches above, converted weights in their folder, and what you name with --output (with X.journal beside X while `nclip embed` is at work); a picture on standard input lies in {Path.GetTempPath()} while it is read. Nothing else.");
        yield return new("sent", State.Good, "nothing: no picture, text or use is sent anywhere. The network is asked for a model that you name and that is not here, and for nothing else.");
    }
}
