using System.CommandLine;
using NClip.Cli.Searching;
using NClip.Search;

namespace NClip.Cli.Commands;

/// <summary><c>nclip index</c>: folders of pictures into a gallery that <c>nclip search</c> answers from.</summary>
internal static class IndexCommand
{
    private enum Near { Yes, No }

    public static Command Create(Terminal terminal)
    {
        var folders = new Argument<string[]>("folders") { Description = "Folders of pictures, with their subfolders. Default: those that the gallery has.", HelpName = "FOLDER", Arity = ArgumentArity.ZeroOrMore };
        var into = new Option<string>("--into") { Description = "The gallery: a folder, or a PostgreSQL database as Host=...;Database=... or a URL; it is made where it is not there. Default: gallery.nclip.", HelpName = "GALLERY", DefaultValueFactory = _ => GalleryModels.DefaultGallery };
        var errors = new Option<bool>("--errors") { Description = "List the files that could not be read; nothing is indexed." };
        var check = new Option<bool>("--check") { Description = "Look at every checksum of the gallery; nothing is indexed." };
        var exclude = Options.Many("--exclude", "PATTERN", "Names or full paths to leave out, with * and ?. Hidden and system folders and folders of thumbnails are left out in any case.");
        var vectors = Options.Choice("--vectors", "How vectors are kept. Default: f32.", ("f32", VectorStorage.Float32), ("f16", VectorStorage.Float16), ("int8", VectorStorage.Int8));
        var approximate = Options.Choice("--approximate", "An index that finds nearly all of the best pictures without looking at every one. Default: from 200,000 pictures on.", ("yes", Near.Yes), ("no", Near.No));
        var features = Options.File("--features", "Put these features of pictures in, made by nclip embed images -o X.npy with the same model; nothing is decoded.");
        var reembed = new Option<bool>("--reembed") { Description = "Change the gallery's model to --model: all pictures are embedded again, and the old vectors answer meanwhile." };
        var watch = new Option<bool>("--watch") { Description = "Go on and follow the folders as they change, until Ctrl+C." };
        var (model, json) = (new ModelOptions(), Options.Json());
        var command = new ExampleCommand("index", "Put folders of pictures into a gallery, to search it.",
            "nclip index samples --into gallery.nclip",
            "nclip index samples --into gallery.nclip --json")
        { folders, into, errors, check, exclude, vectors, approximate, features, reembed, watch, json };
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var gallery = call.GetValue(into)!;
            if (call.GetValue(errors)) return GalleryOutput.WriteFailures(terminal, gallery, call.GetValue(json));
            if (call.GetValue(check)) return GalleryOutput.Check(terminal, gallery, stop);
            var rows = call.GetValue(features) is { } made ? FeatureRows.Read(made.FullName) : null;
            if (rows is not null && call.GetValue(folders) is { Length: > 0 }) throw new UsageException("folders and --features are two calls: name one of them.");
            var given = rows is not null ? [] : ModelOptions.Usable(() => GalleryIndexer.Roots(call.GetValue(folders) is { Length: > 0 } f ? f : GalleryModels.Folders(gallery)));
            var options = model.Read(call);
            var (clip, known) = await GalleryModels.OpenAsync(gallery, model, call, terminal, options, stop).ConfigureAwait(false);
            using (clip)
            using (var indexer = ModelOptions.Usable(() => new GalleryIndexer(gallery, clip, known, new IndexOptions(options.BatchSize, options.Threads, call.GetValue(exclude), call.GetValue(vectors) ?? VectorStorage.Float32, call.GetValue(reembed), call.GetValue(approximate) is { } near ? near == Near.Yes : null))))
            {
                var run = new IndexCall(terminal, Gallery.Shown(gallery), call.GetValue(json));
                return rows is not null ? run.Import(indexer, rows, stop) : await run.RunAsync(indexer, given, call.GetValue(watch), stop).ConfigureAwait(false);
            }
        });
        return command;
    }
}
