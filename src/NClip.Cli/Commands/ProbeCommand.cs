using System.CommandLine;
using NClip.Cli.Evaluating;

namespace NClip.Cli.Commands;

/// <summary><c>nclip probe</c>: learns classes from many pictures, by a logistic regression on their features.</summary>
internal static class ProbeCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = new Option<FileInfo>("--output", "-o") { Description = "The head to write, for `nclip classify --head`.", HelpName = "HEAD.safetensors", Required = true };
        var probe = new ProbeOptionsOfCall();
        var command = new ExampleCommand("probe", "Learn classes from pictures: a linear probe on a model's features.",
            "nclip probe --train flowers/train --test flowers/test -o flowers.safetensors",
            "nclip probe --train train.tar -o head.safetensors --c 10 --model ViT-B/32 --json")
        { output };
        probe.AddTo(command, testRequired: false);
        command.SetAction((call, stop) => probe.RunAsync(call, call.GetValue(output), terminal, stop));
        return command;
    }
}
