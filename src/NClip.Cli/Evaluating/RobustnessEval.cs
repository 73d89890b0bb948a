using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Evaluation;
using NClip.Images;

namespace NClip.Cli.Evaluating;

/// <summary><c>nclip eval robustness</c>.</summary>
internal static class RobustnessEval
{
    public static Command Create(Terminal terminal)
    {
        var data = EvaluationCall.Data("--data", "Pictures with classes");
        var corruptions = Options.Many("--corruptions", "NAME", "Which: gaussian_noise, shot_noise, impulse_noise, defocus_blur, glass_blur, motion_blur, zoom_blur, snow, frost, fog, brightness, contrast, elastic_transform, pixelate, jpeg_compression (these fifteen by default), speckle_noise, gaussian_blur, saturate.");
        var severities = NumberList.Option("--severities", "1,2,3,4,5", "Which of 1 to 5. Default: all.", 5);
        var frost = new Option<DirectoryInfo?>("--frost") { Description = "Photos of ice for the corruption frost. Default: drawn, and then not the published one.", HelpName = "FOLDER" };
        var seed = Options.Whole("--seed", "N", "Of the random numbers. Default: 0.", 0);
        var command = new ExampleCommand("robustness", "Zero-shot top-1 under 15 common corruptions at 5 severities.",
            "nclip eval robustness --data photos.tar",
            "nclip eval robustness --data photos.tar --corruptions fog snow --severities 1,3 --json")
        { data, corruptions, severities, frost, seed };
        var shared = new EvaluationCall().AddTo(command);
        command.SetAction((call, stop) => RunAsync(call, shared, call.GetValue(data)!, call.GetValue(corruptions) ?? [], call.GetValue(severities) ?? [], call.GetValue(frost), (ulong)(call.GetValue(seed) ?? 0), terminal, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult call, EvaluationCall shared, string data, string[] names, int[] severities, DirectoryInfo? frost, ulong seed, Terminal terminal, CancellationToken stop)
    {
        var failures = new Failures(terminal);
        var (chosen, ice) = (Chosen(names), Ice(frost));
        if (severities.Length == 0) severities = [.. Enumerable.Range(1, Corruptions.Severities)];
        var (classes, templates, source) = (shared.Classes(call), shared.Templates(call), EvaluationCall.Open(data, stop));
        using var clip = await shared.Model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
        RobustnessFigures f;
        using (var progress = new ProgressLine(terminal))
            f = await RobustnessEvaluation.RunAsync(clip, source, classes, templates, chosen, severities, seed, ice, (key, reason) => failures.Add(EvaluationCall.Broken(key, reason)), new EvaluationCall.Told(progress), stop).ConfigureAwait(false);
        var figures = new FigureList().Share("clean", f.Clean).Share("mean", f.Mean).Share("kept", f.Kept).Number("n", f.Count);
        foreach (var c in f.Corruptions)
        {
            var name = $"corruptions.{Corruptions.Name(c.Corruption)}";
            foreach (var (i, top1) in c.Top1.Index()) figures.Share($"{name}.{severities[i]}", top1);
            figures.Share($"{name}.mean", c.Mean);
        }
        shared.Write(call, terminal, figures);
        return failures.Code;
    }

    private static Corruption[]? Chosen(string[] names)
    {
        var all = Enum.GetValues<Corruption>().ToDictionary(Corruptions.Name, StringComparer.OrdinalIgnoreCase);
        return names.Length == 0 ? null : [.. names.SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(n => all.TryGetValue(n, out var c) ? c
            : throw new UsageException($"--corruptions is '{n}'; there is no such corruption. They are {string.Join(", ", all.Keys)}."))];
    }

    private static RgbImage[]? Ice(DirectoryInfo? folder)
        => folder is null ? null
        : PictureFiles.Expand([folder.FullName], (_, message) => throw new UsageException($"--frost: {message}"), default).Select(f => ModelOptions.Usable(() => RgbImage.Load(f))).ToArray() is { Length: > 0 } photos ? photos
        : throw new UsageException($"--frost {folder}: there is no picture in this folder. Give photos of ice.");
}
