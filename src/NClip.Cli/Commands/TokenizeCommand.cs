using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Text;
using Spectre.Console;

namespace NClip.Cli.Commands;

/// <summary><c>nclip tokenize</c>: the token ids of texts, without start and end token.</summary>
internal static class TokenizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = Options.File("--output", "Where the JSON lines go. Default: standard output.", "-o");
        var choice = new Option<string?>("--tokenizer") { Description = "clip (OpenAI's, the default), or a model's folder.", HelpName = "clip|FOLDER" };
        var named = new Option<string?>("--model", "-m") { Description = "The tokenizer of this model: a name, a folder or a weight file.", HelpName = "NAME|FOLDER|FILE" };
        var (texts, json) = (new TextInputs(), Options.Json());
        var command = new ExampleCommand("tokenize", "Show the token ids of texts, without start and end token.",
            "nclip tokenize \"a photo of a cat\"",
            "nclip tokenize \"一只猫\" --model nclip-mini --json")
        { output, choice, named, json };
        texts.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var (lines, file) = (texts.Read(call, terminal), texts.File(call));
            var tokenizer = await FindAsync(call.GetValue(choice), call.GetValue(named), terminal, stop).ConfigureAwait(false);
            var failures = new Failures(terminal);
            using var target = call.GetValue(output) is { } o ? new NewFile(o.FullName) : null;
            using var progress = new ProgressLine(terminal);
            var (line, done) = (new ArrayBufferWriter<byte>(1024), 0);
            foreach (var t in lines)
            {
                stop.ThrowIfCancellationRequested();
                if (target is not null) progress.Count(++done, null, "texts");
                if (t.Error is not null) { failures.Add($"{file}: {t.Error}"); continue; }
                var ids = tokenizer.Encode(t.Text);
                if (target is not null) { Terminal.WriteJsonLine(line, w => Members(w, t, ids)); target.Stream.Write(line.WrittenSpan); }
                else if (file is not null || call.GetValue(json)) terminal.WriteJson(w => Members(w, t, ids));
                else WriteTable(terminal, tokenizer, t.Text, ids, isSaid: call.GetValue(named) is not null || call.GetValue(choice) is not null);
            }
            target?.Complete();
            return failures.Code;
        });
        return command;
    }

    private static async Task<ITokenizer> FindAsync(string? choice, string? model, Terminal terminal, CancellationToken stop)
    {
        if (choice is not null && model is not null) throw new UsageException("--tokenizer and --model both say whose tokens are meant. Give one.");
        if (model is not null)
        {
            var path = await ModelOptions.FindAsync(model, terminal, null, stop).ConfigureAwait(false);
            return ModelOptions.Usable(() => Clip.OpenTokenizer(path).Tokenizer);
        }
        if (choice is null or "clip") return ClipTokenizer.Default;
        if (!Directory.Exists(choice)) throw new UsageException($"--tokenizer is '{choice}'; it must be clip, or a folder with a model's tokenizer files. --model takes a model's name.");
        return ModelOptions.Usable(() => Clip.OpenTokenizer(choice).Tokenizer);
    }

    private static void Members(Utf8JsonWriter w, TextLine line, int[] ids)
    {
        w.WritePropertyName("id");
        w.WriteRawValue(line.Id ?? (line.Line - 1).ToString(CultureInfo.InvariantCulture));
        w.WriteStartArray("ids");
        foreach (var i in ids) w.WriteNumberValue(i);
        w.WriteEndArray();
    }

    private static void WriteTable(Terminal terminal, ITokenizer tokenizer, string text, int[] ids, bool isSaid)
    {
        terminal.WritePath(text);
        var grid = new Grid().AddColumn(new GridColumn().Padding(2, 0, 2, 0).RightAligned().NoWrap()).AddColumn(new GridColumn().NoWrap());
        foreach (var id in ids) grid.AddRow(Cells.Of(id.ToString(CultureInfo.InvariantCulture)), Cells.Of(tokenizer.Decode([id]), new Style(Color.Grey)));
        terminal.Screen.Write(grid);
        terminal.Out.WriteLine($"  {ids.Length} token{(ids.Length == 1 ? "" : "s")} {(isSaid ? "" : " (OpenAI's; or --model NAME)")}");
    }
}
