using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using NClip.Cli.Output;
using Spectre.Console;

namespace NClip.Cli;

/// <summary>Standard output and error: JSON lines for programs, tables for people, one line for an error. UTF-8 always; colour only on a screen.</summary>
internal sealed class Terminal
{
    /// <summary>Columns of a table that goes into a file or a pipe.</summary>
    private const int RedirectedWidth = 120;

    private static readonly JsonWriterOptions _oneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly bool _outIsScreen, _errorIsScreen;
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _line = new(256);
    private IAnsiConsole? _screen;

    /// <param name="output">Where answers go.</param>
    /// <param name="error">Where errors, warnings and progress go.</param>
    /// <param name="outIsScreen">Whether a person reads the answers as they come.</param>
    /// <param name="errorIsScreen">The same for errors and progress.</param>
    public Terminal(TextWriter output, TextWriter error, bool outIsScreen = false, bool errorIsScreen = false)
        => (Out, Error, _outIsScreen, _errorIsScreen) = (output, error, outIsScreen, errorIsScreen);

    /// <summary>Opens standard input.</summary>
    public Func<Stream> Input { get; init; } = Console.OpenStandardInput;

    /// <summary>Columns of a screen, where it is not asked itself.</summary>
    public int? Columns { get; init; }

    /// <summary>Where answers go.</summary>
    public TextWriter Out { get; }

    /// <summary>Where errors, warnings and progress go.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether errors are followed by their stack trace.</summary>
    public bool Verbose { get; set; }

    /// <summary>Tables for people.</summary>
    public IAnsiConsole Screen => _screen ??= Make();

    /// <summary>Columns that a table may have.</summary>
    public int Width => Screen.Profile.Width;

    /// <summary>Whether progress can be drawn.</summary>
    public bool ShowsProgress => _errorIsScreen;

    /// <summary>Whether answers come on a screen, and are progress enough.</summary>
    public bool ShowsAnswers => _outIsScreen;

    /// <summary>The process's own.</summary>
    public static Terminal Standard()
    {
        if (OperatingSystem.IsWindows()) Console.OutputEncoding = Encoding.UTF8;
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);
        var output = new StreamWriter(StandardOutput(), utf8, 4096);
        var error = new StreamWriter(Console.OpenStandardError(), utf8, 1024) { AutoFlush = true };
        return new Terminal(output, error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
    }

    /// <summary>Writes one JSON object as one line.</summary>
    public void WriteJson(Action<Utf8JsonWriter> members)
    {
        lock (_gate)
        {
            WriteJsonLine(_line, members);
            Out.Write(Encoding.UTF8.GetString(_line.WrittenSpan));
            Out.Flush();
        }
    }

    /// <summary>Replaces the content of <paramref name="line"/> by one JSON object and a line feed.</summary>
    public static void WriteJsonLine(ArrayBufferWriter<byte> line, Action<Utf8JsonWriter> members)
    {
        line.ResetWrittenCount();
        using (var w = new Utf8JsonWriter(line, _oneLine))
        {
            w.WriteStartObject();
            members(w);
            w.WriteEndObject();
        }
        line.Write("\n"u8);
    }

    /// <summary>One line on standard error; with --verbose the stack trace below it.</summary>
    public void Fail(string message, Exception? cause = null)
    {
        lock (_gate)
        {
            Out.Flush();
            Error.WriteLine($"{OverProgress}nclip: {Plain.Message(message)}");
            if (Verbose && cause is not null) Error.WriteLine(cause.ToString());
            Error.Flush();
        }
    }

    /// <summary>One line on standard error that is no error.</summary>
    public void Warn(string message) => Note($"warning: {message}");

    /// <summary>One line on standard error that says what is going on.</summary>
    public void Note(string message)
    {
        lock (_gate) Error.WriteLine($"{OverProgress}nclip: {Plain.Message(message)}");
    }

    /// <summary>A path on a line of its own, above what is said about it. It is never wrapped: a person may copy it.</summary>
    public void WritePath(string path) => Out.WriteLine(_outIsScreen && Screen.Profile.Capabilities.Ansi ? $"\e[1m{Plain.Text(path)}\e[0m" : Plain.Text(path));

    // A line of progress that stands there is written over.
    private string OverProgress => _errorIsScreen ? "\r\e[2K" : "";

    private IAnsiConsole Make()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Out),
            Ansi = _outIsScreen ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = _outIsScreen ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = _outIsScreen ? InteractionSupport.Detect : InteractionSupport.No,
        });
        console.Profile.Capabilities.Unicode = true;
        if (Columns is { } columns) console.Profile.Width = columns;
        else if (!_outIsScreen) console.Profile.Width = RedirectedWidth;
        return console;
    }

    // .NET's console stream swallows a broken pipe, and `nclip ... | head` would go on computing for nobody. A file keeps
    // the console stream, which leaves its position to the shell (`>>`, two commands into one file).
    private static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return Console.OpenStandardOutput();
        var pipe = new FileStream(new SafeFileHandle((nint)1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }
}
