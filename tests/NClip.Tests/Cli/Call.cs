using System.Diagnostics;
using System.Text;
using System.Text.Json;
using NClip.Cli;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>One call of the command, run in this process with its output caught.</summary>
internal sealed record Call(int Code, string Output, string Error)
{
    /// <summary>A tiny model with OpenAI's vocabulary: its answers mean nothing, their form does.</summary>
    public static string Model { get; } = Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors");

    /// <summary>Runs `nclip` with these arguments.</summary>
    public static Task<Call> Nclip(params string[] arguments) => Run(arguments);

    /// <summary>Runs `nclip` with these arguments and this standard input.</summary>
    public static Task<Call> Fed(byte[] input, params string[] arguments) => Run(arguments, () => new MemoryStream(input));

    /// <summary>Runs `nclip` with another standard input, a screen of so many columns, or a token that stops it.</summary>
    public static async Task<Call> Run(string[] arguments, Func<Stream>? input = null, int? columns = null, CancellationToken? stop = null)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(output, error) { Input = input ?? (() => Stream.Null), Columns = columns };
        var code = await new CommandLine(terminal).RunAsync(arguments, stop ?? TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>`nclip` with these arguments as a process of its own, still to be started. Its output comes as Latin-1: the bytes as they are.</summary>
    public static ProcessStartInfo Process(params string[] arguments) => new("dotnet", [Path.Combine(AppContext.BaseDirectory, "nclip.dll"), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardOutputEncoding = Encoding.Latin1,
    };

    public static string Sample(string name) => Path.Combine(Reference.Root, "samples", name);

    /// <summary>The JSON objects of the output.</summary>
    public JsonElement[] Json => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>The lines of standard error.</summary>
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>It ended well.</summary>
    public void AssertDone() => Assert.True(Code == 0, $"exit code {Code}, expected 0; said: {Error}");

    /// <summary>Refused with this exit code and one line that says these words, and nothing on standard output.</summary>
    public void AssertRefused(int code, params string[] words)
    {
        Assert.True(code == Code, $"exit code {Code}, expected {code}; said: {Error}");
        Assert.Empty(Output);
        var line = Assert.Single(ErrorLines);
        Assert.StartsWith("nclip: ", line);
        foreach (var w in words) Assert.Contains(w, line);
    }
}
