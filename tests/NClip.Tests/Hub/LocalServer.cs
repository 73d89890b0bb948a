using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NClip.Tests.Hub;

/// <summary>A request as it arrived.</summary>
internal sealed record Request(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>First byte asked for, or 0.</summary>
    public long From => Headers.TryGetValue("Range", out var r) && r.StartsWith("bytes=", StringComparison.Ordinal)
        ? long.Parse(r.AsSpan(6, r.IndexOf('-', StringComparison.Ordinal) - 6), CultureInfo.InvariantCulture) : 0;
}

/// <summary>An answer, and how the server misbehaves while giving it.</summary>
internal sealed class Answer
{
    public int Status { get; init; } = 200;

    public byte[] Body { get; init; } = [];

    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Content-Length, where it is not the body's.</summary>
    public long? AnnouncedLength { get; init; }

    /// <summary>Bytes of the body after which the connection is closed.</summary>
    public int? CutAfter { get; init; }

    /// <summary>The length is not told: the body ends with the connection.</summary>
    public bool NoLength { get; init; }

    /// <summary>The body is sent again and again until the client has had enough.</summary>
    public bool Endless { get; init; }

    /// <summary>Time between two bytes of the body, which then come one by one.</summary>
    public TimeSpan? Drip { get; init; }

    /// <summary>Nothing at all comes before this has ended.</summary>
    public Task? Silence { get; init; }

    /// <summary>What stands after the status, where it is not its usual name.</summary>
    public string? Reason { get; init; }

    /// <summary>Bytes of the body after which nothing comes until the gate opens.</summary>
    public (int After, Task Gate)? Stall { get; init; }
}

/// <summary>A real HTTP/1.1 server on 127.0.0.1 that says exactly what a test wants, lies included. One connection a request.</summary>
internal sealed class LocalServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Request, Answer> _answer;

    public LocalServer(Func<Request, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Every request so far.</summary>
    public ConcurrentQueue<Request> Requests { get; } = new();

    public int Count(string method, string pathEnd) => Requests.Count(r => r.Method == method && r.Path.EndsWith(pathEnd, StringComparison.Ordinal));

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var line = (await reader.ReadLineAsync(_stop.Token) ?? "").Split(' ');
            if (line.Length < 2) return;
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } header)
                headers[header[..header.IndexOf(':', StringComparison.Ordinal)]] = header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            var request = new Request(line[0], line[1], headers);
            Requests.Enqueue(request);

            var answer = _answer(request);
            if (answer.Silence is { } silence) await silence.WaitAsync(_stop.Token);
            var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} {answer.Reason ?? $"{(HttpStatusCode)answer.Status}"}\r\nConnection: close\r\n");
            if (!answer.NoLength) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {answer.AnnouncedLength ?? answer.Body.Length}\r\n");
            foreach (var (name, value) in answer.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            await stream.WriteAsync(Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
            if (request.Method == "HEAD") return;

            var body = answer.Body.AsMemory(0, answer.CutAfter ?? answer.Body.Length);
            if (answer.Stall is var (after, gate))
            {
                await stream.WriteAsync(body[..after], _stop.Token);
                await stream.FlushAsync(_stop.Token);
                await gate.WaitAsync(_stop.Token);
                body = body[after..];
            }
            if (answer.Drip is { } pause)
                for (; body.Length > 0; body = body[1..])
                {
                    await stream.WriteAsync(body[..1], _stop.Token);
                    await Task.Delay(pause, _stop.Token);
                }
            do await stream.WriteAsync(body, _stop.Token);
            while (answer.Endless);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException) { }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _stop.Dispose();
    }
}
