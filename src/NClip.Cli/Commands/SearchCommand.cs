using System.CommandLine;
using NClip.Cli.Output;
using NClip.Cli.Searching;
using NClip.Search;

namespace NClip.Cli.Commands;

/// <summary><c>nclip search</c>: the pictures of a gallery that words or an example describe.</summary>
internal static class SearchCommand
{
    private const int Shown = 20;

    public static Command Create(Terminal terminal)
    {
        var gallery = new Argument<string>("gallery") { Description = "The gallery that nclip index made." };
        var query = new Argument<string[]>("query") { Description = "What to look for, in words; or parts with + and - between them: '\"dog\" + beach.jpg - 0.5 * \"people\"'.", Arity = ArgumentArity.ZeroOrMore };
        var examples = Options.Many("--image", "F", "Pictures like this one; with words too, like both.");
        var top = Options.Whole("--top", "K", "The K best, whatever their scores. Default: the 20 best above the threshold.", 1);
        var threshold = Options.Number("--threshold", "S", "Only pictures with at least this score. Default, without --top: the gallery's own, above which pictures stand out for its model.", -1, 1);
        var exact = new Option<bool>("--exact") { Description = "Look at every picture, also where the gallery has an index that finds nearly all of the best." };
        var open = new Option<bool>("--open") { Description = "Show the answers in the browser." };
        var (filter, model, json) = (new FilterOptions(), new ModelOptions(), Options.Json());
        var command = new ExampleCommand("search", "Find pictures of a gallery by words, by example, by when and where they were taken.",
            "nclip search gallery.nclip \"a cup of coffee\"",
            "nclip search gallery.nclip 火箭 --top 1 --json")
        { gallery, query, examples, top, threshold, exact, open, json };
        filter.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var where = call.GetValue(gallery)!;
            var wanted = Query(call.GetValue(query) ?? [], call.GetValue(examples) ?? []);
            using var opened = GalleryModels.Open(where);
            using var clip = await GalleryModels.OpenToAskAsync(opened, where, model, call, terminal, stop).ConfigureAwait(false);
            var encoding = Task.Run(() => wanted.Encode(clip, stop), stop); // meanwhile the list of words that the model met is read
            LabelWarnings.Unknown(terminal, clip, wanted.Terms.Select(t => t.Text).OfType<string>(), stop);
            var features = await ModelOptions.UsableAsync(() => encoding).ConfigureAwait(false);
            var best = opened.Search(features, call.GetValue(top) ?? Shown, filter.Read(call), call.GetValue(exact), stop)[0];
            var cut = call.GetValue(threshold) ?? (call.GetValue(top) is null ? opened.Threshold(wanted) : null);
            var matches = best.Where(m => cut is null || m.Score >= cut).ToArray();
            GalleryOutput.Write(terminal, matches, call.GetValue(json));
            if (matches.Length == 0) GalleryOutput.WriteNothing(terminal, best, cut);
            if (call.GetValue(open)) AnswerPage.Show(terminal, where, string.Join(' ', call.GetValue(query) ?? []), matches);
            return ExitCode.Done;
        });
        return command;
    }

    private static SearchQuery Query(string[] words, string[] examples)
    {
        var text = string.Join(' ', words);
        var parts = text.Trim().Length == 0 ? [] : ModelOptions.Usable(() => SearchQuery.Parse(text)).Terms;
        return ModelOptions.Usable(() => new SearchQuery([.. parts, .. examples.Select(e => new QueryTerm(1, null, e))]));
    }
}
