using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using NClip.Hub.Caches;

namespace NClip.Hub;

/// <summary>What the server says about one file of a repository.</summary>
/// <param name="File">Path in the repository.</param>
/// <param name="Commit">Commit that the revision means, where the server said it.</param>
/// <param name="ETag">Content hash, or null: the repository has no such file.</param>
/// <param name="Size">Bytes, or null where unknown.</param>
internal sealed record RemoteFile(string File, string? Commit, string? ETag, long? Size);

/// <summary>The hub's requests: redirects are followed by hand, because size and hash stand in the first answer and the token must not reach the servers behind it.</summary>
internal sealed class HubClient(HubOptions options) : IDisposable
{
    private readonly Lazy<HttpClient> _own = new(() => new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = options.Timeout }) { Timeout = Timeout.InfiniteTimeSpan });

    private static ProductInfoHeaderValue UserAgent { get; } = new("NClip", typeof(HubClient).Assembly.GetName().Version?.ToString(3) ?? "0");

    public Uri FileAddress(string repository, string revision, string file) => new(
        $"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/{repository}/resolve/{Uri.EscapeDataString(revision)}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>Size, hash and commit of a file (HEAD).</summary>
    /// <exception cref="HubException">The repository or the revision is not there or not open, or the server cannot be reached.</exception>
    public Task<RemoteFile> DescribeAsync(string repository, string revision, string file, Action? retrying, CancellationToken cancellationToken) =>
        Retry.RunAsync(options, async ct =>
        {
            string? commit = null, etag = null, size = null;
            var address = FileAddress(repository, revision, file);
            for (var hop = 0; hop <= Redirect.Most; hop++)
            {
                using var response = await SendOnceAsync(HttpMethod.Head, address, null, ct).ConfigureAwait(false);
                commit = Header(response, "X-Repo-Commit") ?? commit;
                etag = Header(response, "X-Linked-Etag") ?? etag;
                size = Header(response, "X-Linked-Size") ?? size;
                if (response.StatusCode == HttpStatusCode.NotFound && Header(response, "X-Error-Code") is null or "EntryNotFound")
                    return new RemoteFile(file, Commit(commit), null, null);
                Check(response, repository, revision, file);

                var next = Redirect.Of(response, address);
                if (next is null || !SameOrigin(next))
                {
                    etag ??= Header(response, "ETag");
                    size ??= next is null ? response.Content.Headers.ContentLength?.ToString(CultureInfo.InvariantCulture) : null;
                    return new RemoteFile(file, Commit(commit), ETag(etag, address), long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null);
                }
                address = next;
            }
            throw Redirect.TooMany(address);
        }, null, retrying, cancellationToken);

    /// <summary>Opens a file at a byte, following redirects; the answer's headers only. One attempt.</summary>
    public async Task<HttpResponseMessage> OpenAsync(Uri address, long from, string what, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop <= Redirect.Most; hop++)
        {
            var response = await SendOnceAsync(HttpMethod.Get, address, from > 0 ? new RangeHeaderValue(from, null) : null, cancellationToken).ConfigureAwait(false);
            try
            {
                if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) return response;
                Check(response, null, null, what);
                if (Redirect.Of(response, address) is not { } next) return response;
                address = next;
            }
            catch
            {
                response.Dispose();
                throw;
            }
            response.Dispose();
        }
        throw Redirect.TooMany(address);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, RangeHeaderValue? range, CancellationToken cancellationToken)
    {
        if (options.Offline) throw new HubException(HubError.Offline, $"{ServerText.Shown(address)} is not asked: HF_HUB_OFFLINE is set.");
        using var request = new HttpRequestMessage(method, address);
        request.Headers.UserAgent.Add(UserAgent);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity")); // sizes and ranges are those of the file itself
        request.Headers.Range = range;
        if (options.Token is { } token && SameOrigin(address))
        {
            if (!token.All(c => c is > ' ' and <= '~')) throw new HubException(HubError.AccessDenied, "the token in HF_TOKEN or its file has characters that no token has. Set it anew, or remove it.");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.Timeout);
        try
        {
            var client = options.HttpClient?.Invoke() ?? _own.Value;
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token).ConfigureAwait(false);
            if (response.RequestMessage?.RequestUri is { } final && final != address)
            {
                response.Dispose();
                throw new HubException(HubError.Protocol, "the given HttpClient follows redirects by itself, which loses the file's hash. Give its handler AllowAutoRedirect = false.");
            }
            return response;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HubException(HubError.Network, FormattableString.Invariant($"{ServerText.Shown(address)}: no answer within {options.Timeout.TotalSeconds:0.#} s. Check the network or HF_ENDPOINT."), null, e) { IsTransient = true };
        }
        catch (HttpRequestException e)
        {
            var unknown = e.HttpRequestError == HttpRequestError.NameResolutionError;
            throw new HubException(HubError.Network, unknown
                ? $"the name {address.Host} cannot be resolved: there is no network, or HF_ENDPOINT is wrong. With HF_HUB_OFFLINE=1 only the cache is used."
                : $"{address.Host} cannot be reached ({ServerText.Shown(e.Message.TrimEnd('.'))}). Check the network, the proxy or HF_ENDPOINT.", null, e)
            { IsTransient = !unknown };
        }
    }

    private void Check(HttpResponseMessage response, string? repository, string? revision, string file)
    {
        var status = (int)response.StatusCode;
        if (status < 400) return;
        var said = Header(response, "X-Error-Message") is { Length: > 0 } m ? $" The server says: {ServerText.Shown(m.TrimEnd('.'))}." : "";
        var where = repository is null ? file : $"repository '{repository}'";
        var code = Header(response, "X-Error-Code");
        var reason = ServerText.Shown(response.ReasonPhrase);
        throw status switch
        {
            401 or 403 when code == "GatedRepo" || status == 403 => new HubException(HubError.AccessDenied,
                $"{where} is gated. Accept its terms at {options.Endpoint.AbsoluteUri.TrimEnd('/')}/{repository} and set HF_TOKEN to a token of that account{(options.Token is null ? "" : "; the one that is set has no access")}.{said}"),
            401 => new HubException(HubError.AccessDenied, options.Token is null
                ? $"{where} does not exist, or is private. Check the spelling, or set HF_TOKEN to a token with access.{said}"
                : $"{where} does not exist, or the token in HF_TOKEN is refused. Check both.{said}"),
            404 when code == "RevisionNotFound" => new HubException(HubError.NotFound, $"{where} has no revision '{revision}'. Give a branch, a tag or a commit that it has.{said}"),
            404 => new HubException(HubError.NotFound, $"{where} is not at {options.Endpoint.Host}. Check the spelling of the name.{said}"),
            429 => new HubException(HubError.Network, $"{where}: the server asks to slow down (429).{(options.Token is null ? " A token in HF_TOKEN raises its limits." : "")}{said}") { IsTransient = true, RetryAfter = RetryAfter(response) },
            408 or >= 500 => new HubException(HubError.Network, $"{where}: the server fails ({status} {reason}).{said}") { IsTransient = true, RetryAfter = RetryAfter(response) },
            _ => new HubException(HubError.Protocol, $"{where}: unexpected answer {status} {reason}.{said}"),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow,
        _ => null,
    };

    private bool SameOrigin(Uri address) => Uri.Compare(address, options.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>A header of the answer as it was sent, or null.</summary>
    internal static string? Header(HttpResponseMessage response, string name) => response.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    // Commit and etag become names of files: nothing but what the protocol allows may pass.
    private static string? Commit(string? commit) => commit is null || RepositoryCache.IsCommit(commit)
        ? commit
        : throw new HubException(HubError.Protocol, $"the server's X-Repo-Commit is '{ServerText.Shown(commit)}'; 40 hexadecimal digits are expected. Is HF_ENDPOINT a hub?");

    private static string ETag(string? etag, Uri address)
    {
        var name = (etag?.StartsWith("W/", StringComparison.Ordinal) == true ? etag[2..] : etag)?.Trim('"');
        return name is { Length: > 0 and <= 128 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? name
            : throw new HubException(HubError.Protocol, $"{ServerText.Shown(address)} has the etag '{ServerText.Shown(etag)}'; a content hash is expected. Is HF_ENDPOINT a hub?");
    }

    public void Dispose()
    {
        if (_own.IsValueCreated) _own.Value.Dispose();
    }
}
