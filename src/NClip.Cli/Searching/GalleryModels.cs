using System.CommandLine;
using NClip.Search;

namespace NClip.Cli.Searching;

/// <summary>Galleries of a call and the models that they are of.</summary>
internal static class GalleryModels
{
    /// <summary>The gallery of a call that names none.</summary>
    public const string DefaultGallery = "gallery.nclip";

    /// <summary>Folders of a gallery that is there.</summary>
    /// <exception cref="UsageException">There is none, or it has no folders.</exception>
    public static string[] Folders(string gallery)
    {
        using var opened = Open(gallery, "there is no folder. Name the folders of pictures: nclip index FOLDER... --into GALLERY.");
        return opened?.Folders is { Count: > 0 } f ? [.. f] : throw new UsageException("there is no folder. Name the folders of pictures: nclip index FOLDER... --into GALLERY.");
    }

    /// <summary>Opens a gallery.</summary>
    /// <param name="gallery">Its folder.</param>
    /// <param name="otherwise">What to say where there is none; null: what the library says.</param>
    /// <exception cref="UsageException">There is none.</exception>
    public static Gallery Open(string gallery, string? otherwise = null)
        => otherwise is null || Gallery.Exists(gallery) ? ModelOptions.Usable(() => Gallery.Open(gallery)) : throw new UsageException(otherwise);

    /// <summary>The model that a call names, else the gallery's, else the embedded one; and what it is.</summary>
    public static async Task<(Clip Clip, GalleryModel Model)> OpenAsync(string gallery, ModelOptions model, ParseResult call, Terminal terminal, ClipOptions options, CancellationToken stop)
    {
        var name = model.Name(call) ?? NameIn(gallery);
        var path = await ModelOptions.FindAsync(name, terminal, null, stop).ConfigureAwait(false);
        var clip = ModelOptions.Usable(() => Clip.Open(path, model.Config(call), options));
        if (name is not null && Path.Exists(name)) name = Path.GetFullPath(name); // a later call may come from another folder
        try { return (clip, GalleryModel.Of(clip, name, options, stop) with { Source = model.Config(call) is null ? GalleryModel.SourceOf(path) : null }); }
        catch
        {
            clip.Dispose();
            throw;
        }
    }

    /// <summary>The model that a call names, else the gallery's, which must be the one whose vectors it has. The manner of reading pictures is the call's: texts have none.</summary>
    /// <exception cref="UsageException">It is another model, or the gallery is empty.</exception>
    public static async Task<Clip> OpenToAskAsync(Gallery gallery, string where, ModelOptions model, ParseResult call, Terminal terminal, CancellationToken stop)
    {
        if (gallery.Model is not { } known) throw new UsageException($"{Gallery.Shown(where)}: this gallery is empty. Put pictures into it with nclip index FOLDER --into {Gallery.Shown(where)}.");
        var options = model.Read(call) with { Prepack = false };
        var path = await ModelOptions.FindAsync(model.Name(call) ?? known.Name, terminal, null, stop).ConfigureAwait(false);
        var clip = ModelOptions.Usable(() => Clip.Open(path, model.Config(call), options));
        try
        {
            if (model.Config(call) is null && known.Source == GalleryModel.SourceOf(path)) return clip;
            var asked = GalleryModel.Of(clip, model.Name(call) ?? known.Name, options, stop);
            return asked.Fingerprint == known.Fingerprint ? clip
                : throw new UsageException($"{Gallery.Shown(where)}: this gallery has vectors of {known.Shown} ({known.Fingerprint}), and the call asks {asked.Shown} ({asked.Fingerprint}). Leave --model out, or name the gallery's.");
        }
        catch
        {
            clip.Dispose();
            throw;
        }
    }

    private static string? NameIn(string gallery)
    {
        if (!Gallery.Exists(gallery)) return null;
        using var opened = Open(gallery);
        return opened.Model?.Name;
    }
}
