using System.CommandLine;
using System.Globalization;
using NClip.Inference;
using Spectre.Console;
using Cell = Spectre.Console.Text;

namespace NClip.Cli.Commands;

/// <summary><c>nclip model verify</c>: repeats the proof that a model's answers are those of the reference.</summary>
internal static class ModelVerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var against = Options.File("--against", "A file with images or tokens, and the features and logits that a reference gives for them.");
        var tolerance = Options.Number("--tolerance", "T", "Largest deviation allowed. Default: 2e-5 in features, 1e-4 in logits.", 0, double.MaxValue);
        var (model, json) = (new ModelOptions(), Options.Json());
        var command = new Command("verify", "Compare a model's features and logits with those of a reference.") { against, tolerance, json };
        model.AddRunTo(command);
        command.SetAction(async (call, stop) =>
        {
            var file = call.GetValue(against) ?? throw new UsageException("there is nothing to compare with. Give --against FILE.");
            using var towers = await model.LoadTowersAsync(call, terminal, model.Read(call), stop).ConfigureAwait(false);
            var report = ModelOptions.Usable(() => ModelVerification.Run(towers, file.FullName, call.GetValue(tolerance)));
            if (call.GetValue(json)) foreach (var t in report.Tensors) WriteJson(terminal, t);
            else WriteTable(terminal, report);
            if (!report.Passed) terminal.Fail($"{towers.Tensors.File}: not equal to {file}: {string.Join(", ", report.Tensors.Where(t => !t.Passed).Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Name} deviates by {t.MaxDeviation:0.0e+0} (allowed {t.Tolerance:0.0e+0})")))}. Check that weights and configuration belong together.");
            return report.Passed ? ExitCode.Done : ExitCode.SomeFailed;
        });
        return command;
    }

    private static void WriteJson(Terminal terminal, VerifiedTensor t) => terminal.WriteJson(w =>
    {
        w.WriteString("tensor", t.Name);
        if (double.IsFinite(t.MaxDeviation)) w.WriteNumber("max_deviation", t.MaxDeviation);
        else w.WriteNull("max_deviation");
        w.WriteNumber("tolerance", t.Tolerance);
        w.WriteBoolean("passed", t.Passed);
    });

    private static void WriteTable(Terminal terminal, VerificationReport report)
    {
        var table = new Table { Border = TableBorder.Simple }.AddColumns(new TableColumn("tensor"), new TableColumn("largest deviation").RightAligned(), new TableColumn("allowed").RightAligned(), new TableColumn(""));
        foreach (var t in report.Tensors)
            table.AddRow(new Cell(t.Name), Number(t.MaxDeviation), Number(t.Tolerance), t.Passed ? new Cell("equal", new Style(Color.Green)) : new Cell("DIFFERS", new Style(Color.Red)));
        terminal.Screen.Write(table);
    }

    private static Cell Number(double d) => new(d.ToString("0.0e+0", CultureInfo.InvariantCulture));
}
