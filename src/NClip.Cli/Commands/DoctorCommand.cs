using System.CommandLine;
using NClip.Cli.Diagnosis;
using NClip.Cli.Output;
using Spectre.Console;

namespace NClip.Cli.Commands;

/// <summary><c>nclip doctor</c>: what is there, what is missing, what to do.</summary>
internal static class DoctorCommand
{
    /// <summary>Below this many columns what was found stands behind its subject.</summary>
    private const int Narrow = 72;

    public static Command Create(Terminal terminal)
    {
        var json = Options.Json();
        var command = new ExampleCommand("doctor", "Show which native libraries, cores, instruction sets, caches and models are there, what is missing, and what to do.",
            "nclip doctor",
            "nclip doctor --json")
        { json };
        command.SetAction(call =>
        {
            var findings = Checks.Run();
            if (call.GetValue(json)) foreach (var f in findings) WriteJson(terminal, f);
            else WriteTable(terminal, findings);
            return findings.Any(f => f.State == State.Broken) ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(Terminal terminal, Finding f) => terminal.WriteJson(w =>
    {
        w.WriteString("subject", f.Subject);
        w.WriteString("state", f.State switch { State.Good => "ok", State.Note => "note", _ => "broken" });
        w.WriteString("found", f.Found);
        if (f.Advice is not null) w.WriteString("advice", f.Advice);
    });

    private static void WriteTable(Terminal terminal, IReadOnlyList<Finding> findings)
    {
        var narrow = terminal.Width < Narrow;
        var grid = new Grid().AddColumn(new GridColumn().NoWrap());
        if (!narrow) grid.AddColumn(new GridColumn().NoWrap());
        grid.AddColumn();
        void Row(string mark, string subject, string text, Color shade, Style style)
        {
            if (narrow) grid.AddRow(Cells.Of(mark, shade), Cells.Of(subject.Length > 0 ? $"{subject}: {text}" : text, style));
            else grid.AddRow(Cells.Of(mark, shade), Cells.Of(subject), Cells.Of(text, style));
        }
        foreach (var f in findings)
        {
            var (mark, color) = f.State switch { State.Good => ("✓", Color.Green), State.Note => ("•", Color.Yellow), _ => ("✗", Color.Red) };
            Row(mark, f.Subject, f.Found, color, Style.Plain);
            if (f.Advice is not null) Row("", "", f.Advice, color, new Style(color));
        }
        terminal.Screen.Write(grid);
        var broken = findings.Count(f => f.State == State.Broken);
        terminal.Out.WriteLine(broken == 0 ? "Everything that nclip needs is there." : $"{broken} thing{(broken == 1 ? " is" : "s are")} broken; what to do stands beside {(broken == 1 ? "it" : "them")}.");
    }
}
