using NClip.Cli;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>Exit codes and messages of calls that cannot be carried out.</summary>
public sealed class MannersTests
{
    [Theory]
    [InlineData("'nonsense' is no command. The commands are classify, similarity,", "nonsense")]
    [InlineData("did you mean nclip classify?", "clasify|a.jpg|--labels|a,b")]
    [InlineData("did you mean nclip model info?", "model|inof")]
    [InlineData("did you mean --labels?", "classify|a.jpg|--lables|a,b")]
    [InlineData("did you mean --json?", "doctor|--jsno")]
    [InlineData("'photos' is no command. The commands are images, texts, manifest, verify, merge.", "embed|photos|-o|x.npy")]
    [InlineData("'b' is one word too many", "model|pull|a|b")]
    [InlineData("two models are named: a and --model b", "model|info|a|--model|b")]
    [InlineData("the extension '.npy' names another format", "preprocess|a.jpg|-o|x.npy")]
    [InlineData("--pipeline and --size do too", "preprocess|a.jpg|-o|x.safetensors|--model|nclip-mini|--size|64")]
    [InlineData("--tokenizer and --model both", "tokenize|a|--tokenizer|clip|--model|nclip-mini")]
    [InlineData("standard input is either a picture (-) or a list", "classify|-|--files-from|-|--labels|a,b")]
    [InlineData("--files-from none.txt: cannot be read: there is no such file", "classify|--files-from|none.txt|--labels|a,b")]
    [InlineData("--input none.txt: cannot be read: there is no such file", "embed|texts|--input|none.txt|-o|x.npy")]
    [InlineData("'--colour' is no option of this command", "classify|a.jpg|--labels|a,b|--colour|red")]
    [InlineData("'-x' is no option of this command", "tokenize|-x|hello")]
    [InlineData("images", "classify|--labels|a,b")]
    [InlineData("--labels cat,dog", "classify|a.jpg")]
    [InlineData("--top is 'zero'; it must be a whole number of at least 1", "classify|a.jpg|--labels|a,b|--top|zero")]
    [InlineData("--top is '0'", "classify|a.jpg|--labels|a,b|--top|0")]
    [InlineData("--threshold is '2'; it must be a number in -1..1", "classify|a.jpg|--labels|a,b|--threshold|2")]
    [InlineData("--precision is 'f16'; it must be fp32 or int8", "classify|a.jpg|--labels|a,b|--precision|f16")]
    [InlineData("--image-policy is 'x'; it must be natural or reference", "preprocess|a.jpg|-o|x.safetensors|--image-policy|x")]
    [InlineData("--templates is 'nosuch'", "classify|a.jpg|--labels|a,b|--templates|nosuch")]
    [InlineData("--output", "preprocess|a.jpg")]
    [InlineData("'.csv' names no format. Give .npy, .safetensors, .parquet", "embed|texts|hello|-o|x.csv")]
    [InlineData("there is no text", "embed|texts|-o|x.npy")]
    [InlineData("there is no text", "tokenize")]
    [InlineData("--tokenizer is 'gpt'", "tokenize|hello|--tokenizer|gpt")]
    [InlineData("there is no text", "similarity|--image|a.jpg")]
    [InlineData("there is no picture", "similarity|--text|a")]
    [InlineData("there is nothing to compare with", "model|verify")]
    [InlineData("--batch is '1,x'", "bench|--batch|1,x")]
    public async Task An_unusable_call_ends_with_2_and_one_line(string says, string call)
        => (await Call.Nclip(call.Split('|', StringSplitOptions.RemoveEmptyEntries))).AssertRefused(2, says);

    [Theory]
    [InlineData("")]
    [InlineData("embed")]
    [InlineData("model")]
    public async Task Alone_it_shows_its_commands_with_a_call_to_try(string call)
    {
        var r = await Call.Nclip(call.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((0, ""), (r.Code, r.Error));
        var commands = (call.Length == 0 ? new CommandLine(new Terminal(TextWriter.Null, TextWriter.Null)).Root() : new CommandLine(new Terminal(TextWriter.Null, TextWriter.Null)).Root().Subcommands.Single(c => c.Name == call)).Subcommands;
        Assert.All(commands, c => Assert.Contains($"{c.Name}: {c.Description}{Environment.NewLine}  nclip ", r.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void A_call_makes_the_command_that_it_names_and_no_other()
    {
        var line = new CommandLine(new Terminal(TextWriter.Null, TextWriter.Null));
        Assert.Equal(CommandTable.All.Select(c => c.Name), line.Root().Subcommands.Select(c => c.Name));
        Assert.All(CommandTable.All, c => Assert.Equal(c.Name, Assert.Single(line.Root(c.Name).Subcommands).Name));
        Assert.Equal(CommandTable.All.Count, line.Root("nonsense").Subcommands.Count);
    }

    [Fact]
    public async Task The_version_is_short_and_has_its_commit_where_more_is_asked_for()
    {
        var version = (await Call.Nclip("--version")).Output.Trim();
        Assert.DoesNotContain('+', version);
        Assert.StartsWith(version, (await Call.Nclip("--version", "--verbose")).Output);
        Assert.Equal(ProgramVersion.Full, (await Call.Nclip("--version", "--verbose")).Output.Trim());
    }

    [Theory]
    [InlineData("its folder does not exist", "embed|texts|a|-o|no/such/x.npy")]
    [InlineData("its folder does not exist", "tokenize|a|-o|no/such/x.jsonl")]
    public async Task An_output_that_cannot_be_written_is_named_without_what_lies_beside_it(string says, string call)
    {
        var r = await Call.Nclip(call.Split('|'));
        r.AssertRefused(2, says, call.Split('|')[^1]);
        Assert.DoesNotContain(".part", r.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_two_dashes_everything_is_an_input()
    {
        var r = await Call.Nclip("tokenize", "--json", "--", "--colour", "-x");
        Assert.Equal((0, 2), (r.Code, r.Json.Length));
    }

    [Theory]
    [InlineData("no/such/folder")]
    [InlineData("no/such.safetensors")]
    public async Task A_missing_model_is_named_and_ends_with_2(string model)
        => (await Call.Nclip("classify", Call.Sample("chelsea.png"), "--labels", "cat,dog", "--model", model)).AssertRefused(2, model);

    [Fact]
    public async Task A_missing_configuration_is_named_and_ends_with_2()
        => (await Call.Nclip("model", "info", "--model", Call.Model, "--config", "none.json")).AssertRefused(2, "--config none.json");

    [Fact]
    public async Task A_file_that_is_no_model_ends_with_2()
        => (await Call.Nclip("model", "info", "--model", Call.Sample("rocket.jpg"))).AssertRefused(2, "rocket.jpg");

    [Fact]
    public async Task Missing_pictures_end_with_1_even_before_the_model_is_looked_for()
        => (await Call.Nclip("classify", "no/such.jpg", "--labels", "a,b")).AssertRefused(1, "no/such.jpg");

    [Theory]
    [InlineData("--help")]
    [InlineData("classify|--help")]
    [InlineData("model|verify|--help")]
    [InlineData("--version")]
    public async Task Help_and_version_end_with_0(string call)
    {
        var r = await Call.Nclip(call.Split('|'));
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.NotEmpty(r.Output);
    }

    [Fact]
    public async Task Verbose_adds_the_trace_that_is_left_out_otherwise()
    {
        string[] call = ["model", "info", "--model", Call.Sample("rocket.jpg")];
        Assert.DoesNotContain("   at ", (await Call.Nclip(call)).Error);
        Assert.Contains("   at ", (await Call.Nclip([.. call, "--verbose"])).Error);
    }

    [Fact]
    public async Task An_interrupted_call_ends_with_130_and_says_nothing()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await new CommandLine(new Terminal(output, error)).RunAsync(["classify", Call.Sample("chelsea.png"), "--labels", "cat,dog", "--model", Call.Model], new CancellationToken(canceled: true));
        Assert.Equal((130, "", ""), (code, output.ToString(), error.ToString()));
    }
}
