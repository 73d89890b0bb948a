using NClip.Foundation;

namespace NClip.Search.Indexing;

/// <summary>Waits until something in folders changes, and then until it is quiet. It says that, not what: a walk finds out, and misses nothing that a watcher overlooks.</summary>
internal sealed class FolderWatch : IDisposable
{
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(1), _poll = TimeSpan.FromSeconds(10), _longest = TimeSpan.FromMinutes(5);

    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly SemaphoreSlim _changed = new(0);
    private readonly TimeSpan _most;

    /// <param name="folders">Full paths.</param>
    public FolderWatch(IReadOnlyList<string> folders)
    {
        _most = _longest;
        try
        {
            foreach (var f in folders) _watchers.Add(Watch(f));
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            Dispose(stay: true);
            _most = _poll; // the system has no more watchers to give: the folders are looked at from time to time
        }
    }

    /// <summary>Returns when something has changed and nothing has for a second; after five minutes in any case, for what no watcher tells of (network shares).</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        if (!await _changed.WaitAsync(_most, cancellation).ConfigureAwait(false)) return;
        while (await _changed.WaitAsync(_quiet, cancellation).ConfigureAwait(false)) { /* still changing */ }
    }

    /// <inheritdoc/>
    public void Dispose() => Dispose(stay: false);

    private void Dispose(bool stay)
    {
        foreach (var w in _watchers) w.Dispose();
        _watchers.Clear();
        if (!stay) _changed.Dispose();
    }

    private FileSystemWatcher Watch(string folder)
    {
        var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.Size | NotifyFilters.LastWrite };
        watcher.Changed += (_, _) => Tell();
        watcher.Created += (_, _) => Tell();
        watcher.Deleted += (_, _) => Tell();
        watcher.Renamed += (_, _) => Tell();
        watcher.Error += (_, _) => Tell();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private void Tell()
    {
        try { _changed.Release(); }
        catch (ObjectDisposedException) { /* a last event after the end */ }
    }
}
