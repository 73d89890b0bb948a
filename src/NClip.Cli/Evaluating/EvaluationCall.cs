using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Data;
using NClip.Evaluation;
using NClip.ZeroShot;

namespace NClip.Cli.Evaluating;

/// <summary>The options that evaluations share, and a call's model, data and classes.</summary>
internal sealed class EvaluationCall
{
    private readonly Option<string?> _classes = new("--classes") { Description = "The classes to choose among: a file with one a line (name|other name; a key and a tab before it where the data writes keys), JSON, or the name of a set that NClip has (imagenet, cifar10, ...). Default: those in the data.", HelpName = "FILE|NAME" };
    private readonly Option<string?> _templates = new("--templates", "-t") { Description = "Sentences that the classes are put into: a file with one a line ({} is the name), or imagenet, cifar10, ..., none. Default: those of the set that --classes names, else the model's own.", HelpName = "NAME|FILE" };
    private readonly Option<bool> _json = Options.Json();
    private readonly Option<bool> _csv = new("--csv") { Description = "A line for each figure: its name, its value, the published one." };

    /// <summary>The model.</summary>
    public ModelOptions Model { get; } = new();

    /// <summary>An option that names data.</summary>
    public static Option<string?> Data(string name, string description, bool required = true) => new(name) { Description = $"{description}: shards (a.tar, a-{{000..009}}.tar), a table (.csv, .tsv, .jsonl, .parquet), or a folder.", HelpName = "SOURCE", Required = required };

    /// <summary>Adds the options to a command.</summary>
    public EvaluationCall AddTo(Command command, bool classes = true)
    {
        if (classes) command.Add(_classes);
        if (classes) command.Add(_templates);
        command.Add(_json);
        command.Add(_csv);
        Model.AddTo(command);
        return this;
    }

    /// <summary>The classes of --classes; null: those in the data.</summary>
    /// <exception cref="UsageException">They cannot be read.</exception>
    public ClassList? Classes(ParseResult call) => call.GetValue(_classes) is { } c ? ModelOptions.Usable(() => ClassList.Read(c)) : null;

    /// <summary>The sentences; null: the model's own.</summary>
    /// <exception cref="UsageException">They cannot be read.</exception>
    public PromptTemplates? Templates(ParseResult call) => call.GetValue(_templates) is { } t ? TemplateChoice.Read(t) : Set(call) is { } set ? PromptSets.Templates(set) : null;

    /// <summary>What others published for the call's model, set and templates.</summary>
    public PublishedFigure? Published(ParseResult call) => Set(call) is { } set && (call.GetValue(_templates) is null || call.GetValue(_templates) == set) ? PublishedFigures.ZeroShot(Model.Name(call), set) : null;

    /// <summary>Opens a source.</summary>
    /// <exception cref="UsageException">It is not there, or nothing that is understood.</exception>
    public static ISampleSource Open(string source, CancellationToken stop) => ModelOptions.Usable(() => DataSource.Open(source, cancellationToken: stop));

    /// <summary>Encodes a source; what cannot be used is named.</summary>
    public static async Task<EncodedSamples> EncodeAsync(Clip clip, string source, Terminal terminal, Failures failures, CancellationToken stop)
    {
        using var progress = new ProgressLine(terminal);
        return await SampleEncoder.EncodeAsync(clip, Open(source, stop), (key, reason) => failures.Add(Broken(key, reason)), new Told(progress), stop).ConfigureAwait(false);
    }

    /// <summary>The line about a sample that cannot be used.</summary>
    public static string Broken(string key, string reason) => reason.Contains(key, StringComparison.Ordinal) ? reason : $"{key}: {reason}";

    /// <summary>Writes the figures as the call asks.</summary>
    public void Write(ParseResult call, Terminal terminal, FigureList figures) => figures.Write(terminal, call.GetValue(_json), call.GetValue(_csv));

    /// <summary>Shows a count of pictures.</summary>
    public sealed class Told(ProgressLine line, int? total = null) : IProgress<int>
    {
        public void Report(int value) => line.Count(value, total, "pictures");
    }

    private string? Set(ParseResult call) => call.GetValue(_classes) is { } c && !File.Exists(c) && PromptSets.Contains(c) ? c.ToLowerInvariant() : null;
}
