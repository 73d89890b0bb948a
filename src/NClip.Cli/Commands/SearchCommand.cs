using System.CommandLine;
using NClip.Cli.Searching;
using NClip.Search;

namespace NClip.Cli.Commands;

/// <summary><c>nclip search</c>: the pictures of a gallery that words or an example describe.</summary>
internal static class SearchCommand
{
    public static Command Create(Terminal terminal)
    {
        var gallery = new Argument<string>("gallery") { Description = "The gallery that nclip index made." };
        var query = new Argument<string[]>("query") { Description = "What to look for, in words.", Arity = ArgumentArity.ZeroOrMore };
        var top = Options.Whole("--top", "K", "The K best. Default: 20.", 1);
        var (model, json) = (new ModelOptions(), Options.Json());
        var command = new ExampleCommand("search", "Find pictures of a gallery by words.",
            "nclip search gallery.nclip \"a cup of coffee\"",
            "nclip search gallery.nclip 火箭 --top 1 --json")
        { gallery, query, top, json };
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var (where, words) = (call.GetValue(gallery)!, string.Join(' ', call.GetValue(query) ?? []));
            using var opened = GalleryModels.Open(where);
            var (clip, known) = await GalleryModels.OpenAsync(where, model, call, terminal, model.Read(call) with { Prepack = false }, stop).ConfigureAwait(false);
            using (clip)
            {
                var features = ModelOptions.Usable(() => clip.EncodeText([words], stop));
                GalleryOutput.Write(terminal, opened.Search(features, call.GetValue(top) ?? 20, null, stop)[0], call.GetValue(json));
                return ExitCode.Done;
            }
        });
        return command;
    }
}
