using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Text;
using NClip.Text.HuggingFace;
using Spectre.Console;
using Cell = Spectre.Console.Text;

namespace NClip.Cli.Commands;

/// <summary><c>nclip tokenize</c>: the token ids of texts, without start and end token.</summary>
internal static class TokenizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var texts = new Argument<string[]>("texts") { Description = "Texts.", Arity = ArgumentArity.ZeroOrMore };
        var input = Options.File("--input", "A file with one JSON object a line: {\"text\": ...}; its \"id\" is kept.", "-i");
        var output = Options.File("--output", "Where the JSON lines go. Default: standard output.", "-o");
        var choice = new Option<string>("--tokenizer") { Description = "clip (OpenAI's, default), or a model's folder.", HelpName = "clip|FOLDER", DefaultValueFactory = _ => "clip" };
        var json = Options.Json();
        var command = new Command("tokenize", "Show the token ids of texts, without start and end token.") { texts, input, output, choice, json };
        command.SetAction((call, stop) =>
        {
            var (given, file) = (call.GetValue(texts)!, call.GetValue(input));
            if (given.Length == 0 && file is null) throw new UsageException("there is no text. Give texts, or --input FILE with one JSON object a line.");
            var tokenizer = Find(call.GetValue(choice)!);
            var failures = new Failures(terminal);
            var lines = given.Select((t, i) => new TextLine(i + 1, i.ToString(CultureInfo.InvariantCulture), t, null));
            if (file is not null) lines = lines.Concat(JsonLines.Texts(file, "--input"));
            using var target = call.GetValue(output) is { } o ? new NewFile(o.FullName) : null;
            var line = new ArrayBufferWriter<byte>(1024);
            foreach (var t in lines)
            {
                stop.ThrowIfCancellationRequested();
                if (t.Error is not null) { failures.Add($"{file}: {t.Error}"); continue; }
                var ids = tokenizer.Encode(t.Text);
                if (target is not null) { Terminal.WriteJsonLine(line, w => Members(w, t, ids)); target.Stream.Write(line.WrittenSpan); }
                else if (file is not null || call.GetValue(json)) terminal.WriteJson(w => Members(w, t, ids));
                else WriteTable(terminal, tokenizer, t.Text, ids);
            }
            target?.Complete();
            return Task.FromResult(failures.Code);
        });
        return command;
    }

    private static ITokenizer Find(string choice)
    {
        if (choice == "clip") return ClipTokenizer.Default;
        if (!Directory.Exists(choice)) throw new UsageException($"--tokenizer is '{choice}'; it must be clip, or a folder with a model's tokenizer files.");
        return TokenizerFolder.Load(choice).Tokenizer;
    }

    private static void Members(Utf8JsonWriter w, TextLine line, int[] ids)
    {
        w.WritePropertyName("id");
        w.WriteRawValue(line.Id ?? (line.Line - 1).ToString(CultureInfo.InvariantCulture));
        w.WriteStartArray("ids");
        foreach (var i in ids) w.WriteNumberValue(i);
        w.WriteEndArray();
    }

    private static void WriteTable(Terminal terminal, ITokenizer tokenizer, string text, int[] ids)
    {
        terminal.WritePath(Terminal.OnOneLine(text));
        var grid = new Grid().AddColumn(new GridColumn().Padding(2, 0, 2, 0).RightAligned().NoWrap()).AddColumn(new GridColumn().NoWrap());
        foreach (var id in ids) grid.AddRow(new Cell(id.ToString(CultureInfo.InvariantCulture)), new Cell(tokenizer.Decode([id]), new Style(Color.Grey)));
        terminal.Screen.Write(grid);
        terminal.Out.WriteLine($"  {ids.Length} token{(ids.Length == 1 ? "" : "s")}");
    }
}
