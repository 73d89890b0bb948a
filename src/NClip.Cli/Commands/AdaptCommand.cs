using System.CommandLine;
using NClip.Cli.Evaluating;

namespace NClip.Cli.Commands;

/// <summary><c>nclip adapt</c>: learns classes from their names and a few pictures of each.</summary>
internal static class AdaptCommand
{
    public static Command Create(Terminal terminal)
    {
        var train = EvaluationCall.Data("--train", "A few pictures of each class");
        var validation = EvaluationCall.Data("--validation", "Pictures with classes to choose Tip-Adapter's alpha and beta on. Default: none, 1 and 5.5", required: false);
        var test = EvaluationCall.Data("--test", "Pictures with classes to measure on", required: false);
        var method = Options.Choice<AdaptMethod>("--method", "lp++ (default), tip-adapter (nothing is trained), or tip-adapter-f (its cache is).", ("lp++", AdaptMethod.LinearProbePlus), ("tip-adapter", AdaptMethod.TipAdapter), ("tip-adapter-f", AdaptMethod.TipAdapterF));
        var shots = Options.Whole("--shots", "K", "Use K pictures of each class. Default: all.", 1);
        var seed = Options.Whole("--seed", "N", "Of the draw of --shots. Default: 0.", 0);
        var output = new Option<FileInfo>("--output", "-o") { Description = "The head to write, for `nclip classify --head`.", HelpName = "HEAD.safetensors", Required = true };
        var command = new ExampleCommand("adapt", "Adapt a model to classes by their names and a few pictures of each.",
            "nclip adapt --train mugs -o mugs.safetensors",
            "nclip adapt --train flowers/train --shots 16 --test flowers/test --method tip-adapter-f -o flowers.safetensors --json")
        { train, validation, test, method, shots, seed, output };
        var shared = new EvaluationCall().AddTo(command);
        command.SetAction((call, stop) => AdaptRun.RunAsync(call, shared, new(call.GetValue(train)!, call.GetValue(validation), call.GetValue(test)), call.GetValue(method) ?? AdaptMethod.LinearProbePlus, call.GetValue(shots), (ulong)(call.GetValue(seed) ?? 0), call.GetValue(output)!, terminal, stop));
        return command;
    }
}
