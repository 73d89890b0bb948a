using System.Net;
using NClip.Hub;

namespace NClip.Data;

/// <summary>A file at an http address as a stream that goes on where the connection broke, as often as the hub's options allow.</summary>
internal sealed class RemoteShard : ForwardStream
{
    private readonly Uri _address;
    private readonly string _what;
    private readonly HubOptions _options;
    private readonly HubClient _client;
    private readonly CancellationToken _cancellationToken;
    private readonly byte[] _buffer = new byte[1 << 17];
    private HttpResponseMessage? _response;
    private Stream? _body;
    private string? _etag;
    private long? _total;
    private long _arrived;
    private int _start, _end;
    private bool _ended;

    public RemoteShard(Uri address, HubOptions hub, CancellationToken cancellationToken)
    {
        (_address, _what, _cancellationToken) = (address, address.GetLeftPart(UriPartial.Path), cancellationToken);
        _options = For(address, hub);
        _client = new HubClient(_options);
    }

    /// <summary>Asks for the head of every address, some at a time.</summary>
    /// <exception cref="HubException">One is not there, not open, or its server cannot be reached.</exception>
    public static void CheckAll(IReadOnlyList<Uri> addresses, HubOptions hub, CancellationToken cancellationToken) =>
        Task.Run(() => Parallel.ForEachAsync(addresses, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (address, ct) =>
        {
            var options = For(address, hub);
            using var client = new HubClient(options);
            (await Retry.RunAsync(options, c => client.OpenAsync(address, 0, address.GetLeftPart(UriPartial.Path), c), null, null, ct).ConfigureAwait(false)).Dispose();
        }), cancellationToken).GetAwaiter().GetResult();

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end && !_ended) (_start, _end) = (0, Task.Run(() => Retry.RunAsync(_options, FillAsync, () => _arrived, null, _cancellationToken)).GetAwaiter().GetResult());
        var n = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, n).CopyTo(buffer);
        _start += n;
        return n;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Disconnect();
            _client.Dispose();
        }
        base.Dispose(disposing);
    }

    // The token belongs to the hub; messages name the server that was asked.
    private static HubOptions For(Uri address, HubOptions hub)
    {
        var origin = new Uri(address.GetLeftPart(UriPartial.Authority));
        return hub with { Endpoint = origin, Token = Uri.Compare(origin, hub.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0 ? hub.Token : null };
    }

    /// <summary>The next bytes into the buffer; 0 at the end.</summary>
    private async Task<int> FillAsync(CancellationToken cancellationToken)
    {
        if (_body is null) await ConnectAsync(cancellationToken).ConfigureAwait(false);
        var n = await ReceiveAsync(_buffer, cancellationToken).ConfigureAwait(false);
        if (n == 0 && _arrived < _total) throw Broke(null);
        _arrived += n;
        _ended = n == 0 || _arrived == _total;
        return n;
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _response = await _client.OpenAsync(_address, _arrived, _what, cancellationToken).ConfigureAwait(false);
        var (partial, headers) = (_response.StatusCode == HttpStatusCode.PartialContent, _response.Content.Headers);
        var etag = _response.Headers.ETag?.Tag;
        var total = partial ? headers.ContentRange?.Length : headers.ContentLength;
        if (_arrived > 0 && ((_etag is not null && etag != _etag) || (_total is not null && total is not null && total != _total)))
            throw Refused("the file changed on the server while it was read");
        if (_response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (partial && headers.ContentRange?.From != _arrived))
            throw Refused($"the server cannot go on at byte {_arrived}");
        (_etag, _total) = (etag, total ?? _total);
        _body = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        if (partial) return;
        for (var before = _arrived; before > 0;)    // the server sends it from the beginning
        {
            var n = await ReceiveAsync(_buffer.AsMemory(0, (int)Math.Min(_buffer.Length, before)), cancellationToken).ConfigureAwait(false);
            if (n == 0) throw Broke(null);
            before -= n;
        }
    }

    private async Task<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(_options.Timeout);
        try
        {
            return await _body!.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Broke(e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Broke(e);
        }
    }

    private HubException Broke(Exception? inner)
    {
        Disconnect();
        return new HubException(HubError.Network, $"the connection ended or stood still at {_arrived} of {(_total is { } t ? t : "an unknown number of")} bytes.", _what, inner) { IsTransient = true };
    }

    private HubException Refused(string what)
    {
        Disconnect();
        return new HubException(HubError.Protocol, $"{what}; what came before is used.", _what);
    }

    private void Disconnect()
    {
        _body?.Dispose();
        _response?.Dispose();
        (_body, _response) = (null, null);
    }
}
