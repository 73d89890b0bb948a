using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using NClip.Search;
using NClip.Server.Guards;

namespace NClip.Server.Galleries;

/// <summary>The gallery's pictures by id. An id is a hash of the picture's path: the same after a restart, and of no use for a file that the gallery does not have.</summary>
internal sealed class Catalog(Gallery gallery, TimeProvider? clock = null)
{
    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, GalleryPicture> _found = new(StringComparer.Ordinal);
    private volatile Listing _listing = new([], new Dictionary<string, int>(), DateTime.MinValue, null);

    /// <summary>All pictures, by path, as they were half a minute ago or later.</summary>
    public IReadOnlyList<GalleryPicture> All(CancellationToken cancellation) => Fresh(cancellation).Pictures;

    /// <summary>The id of a file.</summary>
    public static string IdOf(string file) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file))[..12]);

    /// <summary>A picture of the gallery.</summary>
    /// <exception cref="RefusedException">There is none of this id.</exception>
    public GalleryPicture Get(string id, CancellationToken cancellation) => Find(id, cancellation) ?? throw RefusedException.Missing("picture");

    /// <summary>A picture as it was last listed, or null.</summary>
    public GalleryPicture? Known(string id) => In(_listing, id);

    /// <summary>Notes a picture that a search found, which may be newer than the list.</summary>
    public void Note(Match match)
    {
        var id = IdOf(match.File);
        if (!_listing.ById.ContainsKey(id)) _found.TryAdd(id, new GalleryPicture(match.File, 0, match.Facts));
    }

    private DateTime Now => (clock ?? TimeProvider.System).GetUtcNow().UtcDateTime;

    private GalleryPicture? Find(string id, CancellationToken cancellation)
        => In(_listing, id) ?? (_found.TryGetValue(id, out var noted) ? noted : In(Fresh(cancellation), id));

    private static GalleryPicture? In(Listing listing, string id) => listing.ById.TryGetValue(id, out var i) ? listing.Pictures[i] : null;

    // Not read again where nothing was written; while one reads it, the others take what there is.
    private Listing Fresh(CancellationToken cancellation)
    {
        if (Now - _listing.At < _fresh) return _listing;
        if (!_gate.TryEnter())
        {
            if (_listing.At > DateTime.MinValue) return _listing;
            _gate.Enter();
        }
        try
        {
            var (now, revision) = (Now, gallery.Revision);
            if (now - _listing.At < _fresh) return _listing;
            if (revision is not null && revision == _listing.Revision) return _listing = _listing with { At = now };
            var pictures = gallery.Pictures(cancellation);
            var ids = new Dictionary<string, int>(pictures.Count, StringComparer.Ordinal);
            foreach (var (i, p) in pictures.Index()) ids[IdOf(p.File)] = i;
            _found.Clear();
            return _listing = new Listing(pictures, ids, now, revision);
        }
        finally { _gate.Exit(); }
    }

    private sealed record Listing(IReadOnlyList<GalleryPicture> Pictures, IReadOnlyDictionary<string, int> ById, DateTime At, long? Revision);
}
