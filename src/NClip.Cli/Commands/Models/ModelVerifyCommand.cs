using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NClip.Cli.Output;
using NClip.Images;
using NClip.Proof;
using Spectre.Console;

namespace NClip.Cli.Commands.Models;

/// <summary><c>nclip model verify</c>: repeats the proof that a model's answers are those of the reference.</summary>
internal static class ModelVerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var against = Options.File("--against", "A file with images or tokens, and the features and logits that a reference gives for them.");
        var published = new Option<bool>("--published") { Description = "Compare with what others have published for these weights: text features, softmax, logits." };
        var pictures = new Option<string[]>("--image") { Description = "With --published: the pictures that published answers are about (CLIP.png, 000000039769.jpg).", HelpName = "FILE" };
        var tolerance = Options.Number("--tolerance", "T", "Largest deviation allowed. Default: 2e-5 in features (times their root mean square where that is above 1), 1e-4 in logits.", 0, double.MaxValue);
        var (model, json) = (new ModelOptions(), Options.Json());
        var command = new ExampleCommand("verify", "Compare a model's features and logits with those of a reference.",
            "nclip model verify models/mine --against expected.safetensors",
            "nclip model verify ViT-B/32 --published")
        { against, tolerance, published, pictures, json };
        model.WithArgument(command).AddRunTo(command);
        command.SetAction(async (call, stop) =>
        {
            if (call.GetValue(published)) return await PublishedAsync(call, terminal, model, call.GetValue(pictures) ?? [], call.GetValue(json), stop).ConfigureAwait(false);
            if (call.GetValue(pictures) is { Length: > 0 }) throw new UsageException("--image names pictures that published answers are about; give --published with it.");
            var file = call.GetValue(against) ?? throw new UsageException("there is nothing to compare with. Give --against FILE, or --published.");
            using var clip = await model.LoadAsync(call, terminal, model.Read(call), stop).ConfigureAwait(false);
            var report = ModelOptions.Usable(() => clip.Verify(file.FullName, call.GetValue(tolerance), stop));
            if (call.GetValue(json)) foreach (var t in report.Tensors) WriteJson(terminal, t);
            else WriteTable(terminal, report);
            if (!report.Passed) terminal.Fail($"{clip.Weights.File}: not equal to {file}: {string.Join(", ", report.Tensors.Where(t => !t.Passed))}. Check that weights and configuration belong together.");
            return report.Passed ? ExitCode.Done : ExitCode.SomeFailed;
        });
        return command;
    }

    private static async Task<int> PublishedAsync(ParseResult call, Terminal terminal, ModelOptions model, string[] pictures, bool json, CancellationToken stop)
    {
        using var clip = await model.LoadAsync(call, terminal, model.Read(call) with { ImagePolicy = ImagePolicy.Reference }, stop).ConfigureAwait(false);
        var report = ModelOptions.Usable(() => clip.VerifyPublished(model.Name(call), pictures, stop));
        if (report.Results.Count == 0) throw new UsageException($"nothing could be compared. {string.Join(" ", report.Missing)}");
        if (json) foreach (var r in report.Results) WriteJson(terminal, r);
        else foreach (var r in report.Results)
            terminal.Screen.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(r.Passed ? "equal  " : "DIFFERS")} {r.What}: deviation {r.Deviation:0.0e+0}, allowed {r.Tolerance:0.0e+0}{(r.Cosine is { } c ? $", smallest cosine {c:0.000000}" : "")} ({r.Source})"));
        foreach (var m in report.Missing)
            if (json) terminal.Warn($"not compared: {m}");
            else terminal.Out.WriteLine($"not compared: {m}");
        if (!report.Passed) terminal.Fail("the model's answers are not those that were published. Check that these are the weights of that name.");
        return report.Passed ? ExitCode.Done : ExitCode.SomeFailed;
    }

    private static void WriteJson(Terminal terminal, VerifiedTensor t) => terminal.WriteJson(w =>
    {
        w.WriteString("tensor", t.Name);
        WriteDeviation(w, t.MaxDeviation);
        w.WriteNumber("tolerance", t.Tolerance);
        w.WriteBoolean("passed", t.Passed);
    });

    private static void WriteJson(Terminal terminal, PublishedResult r) => terminal.WriteJson(w =>
    {
        w.WriteString("what", r.What);
        w.WriteString("source", r.Source);
        WriteDeviation(w, r.Deviation);
        w.WriteNumber("tolerance", r.Tolerance);
        if (r.Cosine is { } c) w.WriteNumber("smallest_cosine", c);
        w.WriteBoolean("passed", r.Passed);
    });

    // JSON knows no NaN.
    private static void WriteDeviation(Utf8JsonWriter w, double deviation)
    {
        if (double.IsFinite(deviation)) w.WriteNumber("max_deviation", deviation);
        else w.WriteNull("max_deviation");
    }

    private static void WriteTable(Terminal terminal, VerificationReport report)
    {
        var table = new Table { Border = TableBorder.Simple }.AddColumns(new TableColumn("tensor"), new TableColumn("largest deviation").RightAligned(), new TableColumn("allowed").RightAligned(), new TableColumn(""));
        foreach (var t in report.Tensors)
            table.AddRow(Cells.Of(t.Name), Number(t.MaxDeviation), Number(t.Tolerance), t.Passed ? Cells.Of("equal", new Style(Color.Green)) : Cells.Of("DIFFERS", new Style(Color.Red)));
        terminal.Screen.Write(table);
    }

    private static Spectre.Console.Text Number(double d) => Cells.Of(d.ToString("0.0e+0", CultureInfo.InvariantCulture));
}
