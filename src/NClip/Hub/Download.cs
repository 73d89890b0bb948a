using System.Net;
using NClip.Foundation;
using NClip.Hub.Caches;

namespace NClip.Hub;

/// <summary>One file to bring into the cache.</summary>
/// <param name="Model">Model's name, for messages.</param>
/// <param name="File">File's name, for messages.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Target">Where it goes; beside it lies TARGET.incomplete until it is whole.</param>
/// <param name="Lock">Lock file.</param>
/// <param name="Size">Bytes, or null: the server tells with the file.</param>
/// <param name="Digest">Hash to compare with.</param>
/// <param name="Limit">Most bytes that a file of this kind has: a server that never stops sending is left there.</param>
internal sealed record Transfer(string Model, string File, Uri Address, string Target, string Lock, long? Size, ContentDigest Digest, long Limit);

/// <summary>A download that goes on where it stopped, is checked by size and hash, and becomes visible in one step.</summary>
internal sealed class Download(HubClient client, HubOptions options, Transfer transfer, IProgress<HubProgress>? progress)
{
    private readonly string _part = transfer.Target + ".incomplete";

    /// <summary>Returns when the target is there. Two callers, in one process or in two, download once; what is there already is used.</summary>
    /// <param name="isThere">Whether the target is whole.</param>
    /// <param name="placed">Called under the lock when the target is there.</param>
    /// <param name="cancellationToken">Stops; the incomplete file stays for the next call.</param>
    public async Task RunAsync(Func<CancellationToken, Task<bool>> isThere, Action? placed, CancellationToken cancellationToken)
    {
        using var held = await FileLock.AcquireAsync(transfer.Lock, () => Report(HubStage.Waiting, 0, transfer.Size), cancellationToken).ConfigureAwait(false);
        if (!await isThere(cancellationToken).ConfigureAwait(false))
        {
            CacheFile.MakeFolder(transfer.Target);
            if (transfer.Size > transfer.Limit) throw TooLong($"announces {CacheFile.Megabytes(transfer.Size.Value)}");
            if (transfer.Size is { } size) CacheFile.NeedSpace(transfer.Target, size - (CacheFile.Length(_part) ?? 0));
            long bytes;
            try
            {
                bytes = await Retry.RunAsync(options, AttemptAsync, () => CacheFile.Length(_part) ?? 0, () => Report(HubStage.Retrying, CacheFile.Length(_part) ?? 0, transfer.Size), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (CacheFile.Length(_part) == 0) NewFile.Discard(_part);
            }
            Report(HubStage.Done, bytes, bytes);
        }
        placed?.Invoke();
    }

    private async Task<long> AttemptAsync(CancellationToken cancellationToken)
    {
        FileStream file;
        try { file = CacheFile.OpenToWrite(_part, FileShare.Read, FileOptions.Asynchronous); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw CacheFile.Refused(_part, e); }

        long length;
        try
        {
            await using (file.ConfigureAwait(false))
            {
                length = await FillAsync(file, cancellationToken).ConfigureAwait(false);
                // Elsewhere, so that a slow disk does not hold up who cancels; the handle is closed when both have let go of it.
                await Task.Run(() => RandomAccess.FlushToDisk(file.SafeFileHandle), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            NewFile.Discard(_part); // a full disk is not left full
            throw CacheFile.Refused(_part, e);
        }
        try { File.Move(_part, transfer.Target, overwrite: true); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw CacheFile.Refused(transfer.Target, e); }
        return length;
    }

    private async Task<long> FillAsync(FileStream file, CancellationToken cancellationToken)
    {
        if (transfer.Size is { } size && file.Length > size) file.SetLength(0);
        var resumed = file.Length;
        if (resumed == 0 || resumed != transfer.Size)
        {
            using var response = await client.OpenAsync(transfer.Address, resumed, transfer.File, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From != resumed))
            {
                file.SetLength(0);
                throw new HubException(HubError.Protocol, $"the server cannot go on at byte {resumed}; the file is loaded from its beginning.", transfer.File) { IsTransient = true, RetryAfter = TimeSpan.Zero };
            }
            if (response.StatusCode != HttpStatusCode.PartialContent) file.SetLength(resumed = 0); // Range was ignored: these are the first bytes
            var total = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.Length : response.Content.Headers.ContentLength;
            if (total is not null && transfer.Size is not null && total != transfer.Size)
                throw Distrust(file, $"the server sends {total} bytes; it had announced {transfer.Size}.");
            if (total > transfer.Limit) throw TooLong($"announces {CacheFile.Megabytes(total.Value)}");
            if (total is null && transfer.Size is null && !transfer.Digest.Exists)
                throw new HubException(HubError.Protocol, "the server gives neither its length nor its hash, so that nobody could tell whether it is whole. Is HF_ENDPOINT a hub?", transfer.File);
            if (transfer.Size is null && total is not null) CacheFile.NeedSpace(transfer.Target, total.Value - resumed);
            await ReceiveAsync(file, response, total ?? transfer.Size, cancellationToken).ConfigureAwait(false);
        }
        await VerifyAsync(file, resumed, cancellationToken).ConfigureAwait(false);
        return file.Length;
    }

    private async Task ReceiveAsync(FileStream file, HttpResponseMessage response, long? total, CancellationToken cancellationToken)
    {
        file.Seek(0, SeekOrigin.End);
        var at = file.Length;
        var buffer = new byte[1 << 17];
        var pace = new Pace(options.MinimumBytesPerSecond, options.Timeout);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            while (true)
            {
                Report(HubStage.Downloading, at, total);
                silence.CancelAfter(options.Timeout);
                pace.Wait();
                var n = await ReadAsync(body, buffer, silence.Token).ConfigureAwait(false);
                var slow = pace.Arrive(n);
                if (n == 0) break;
                at += n;
                if (at > transfer.Limit) throw Abandon(file, TooLong($"has sent {CacheFile.Megabytes(at)} and goes on"));
                if (at > total) throw Distrust(file, $"the server sends more than the {total} bytes it had announced.");
                await file.WriteAsync(buffer.AsMemory(0, n), cancellationToken).ConfigureAwait(false);
                if (slow is { } speed)
                    throw new HubException(HubError.Network, FormattableString.Invariant($"{speed:0} bytes a second arrive, at {at} of {Total(total)} bytes; {options.MinimumBytesPerSecond} are the least (HubOptions.MinimumBytesPerSecond)."), transfer.File) { IsTransient = true };
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubException(HubError.Network, FormattableString.Invariant($"nothing arrived for {options.Timeout.TotalSeconds:0.#} s, at {at} of {Total(total)} bytes."), transfer.File, e) { IsTransient = true };
        }
        if (at < total) throw CutOff(at, total, null);

        async Task<int> ReadAsync(Stream stream, byte[] bytes, CancellationToken ct)
        {
            try { return await stream.ReadAsync(bytes, ct).ConfigureAwait(false); }
            catch (Exception e) when (e is IOException or HttpRequestException) { throw CutOff(at, total, e); }
        }
    }

    // Hashed from the disk, after the fact: what is checked is what was written, the part of an earlier attempt included.
    private async Task VerifyAsync(FileStream file, long resumed, CancellationToken cancellationToken)
    {
        Report(HubStage.Verifying, file.Length, file.Length);
        using var hash = transfer.Digest.Start(file.Length);
        if (hash is null) return;
        file.Seek(0, SeekOrigin.Begin);
        await ContentDigest.AppendAsync(hash, file, cancellationToken).ConfigureAwait(false);
        var found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found == transfer.Digest.Hex) return;
        if (resumed == 0) throw Distrust(file, $"its {transfer.Digest.Name} is {found}; {transfer.Digest.Hex} is expected.");
        file.SetLength(0); // the old part may be the wrong one: once more from the beginning
        throw new HubException(HubError.Integrity, $"the resumed file's {transfer.Digest.Name} is {found}; {transfer.Digest.Hex} is expected.", transfer.File) { IsTransient = true, RetryAfter = TimeSpan.Zero };
    }

    private HubException Distrust(FileStream file, string what) =>
        Abandon(file, new HubException(HubError.Integrity, $"{what} Nothing of it was kept. A proxy or mirror may have changed the file: try again, or set HF_ENDPOINT.", transfer.File));

    private static HubException Abandon(FileStream file, HubException why)
    {
        file.SetLength(0);
        return why;
    }

    private HubException TooLong(string found) =>
        new(HubError.Protocol, $"the server {found}; a file of this kind has {CacheFile.Megabytes(transfer.Limit)} at most. Nothing of it was kept. Is HF_ENDPOINT a hub?", transfer.File);

    private HubException CutOff(long at, long? total, Exception? inner) =>
        new(HubError.Network, $"the connection ended at {at} of {Total(total)} bytes.", transfer.File, inner) { IsTransient = true };

    private static string Total(long? total) => total is { } known ? FormattableString.Invariant($"{known}") : "an unknown number of";

    private void Report(HubStage stage, long bytes, long? total) => progress?.Report(new HubProgress(transfer.Model, transfer.File, stage, bytes, total));
}
