using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace NClip.Server.Tests;

/// <summary>Clients that take their time, and too many of them. (benchmarks/server.py slow has ten thousand.)</summary>
public sealed class SlowClientTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<TcpClient> Connect(int port, string says)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Stop);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(says), Stop);
        return client;
    }

    /// <summary>What the server says until it closes; a byte is sent whenever a while has passed.</summary>
    private static async Task<string> UntilClosed(TcpClient client, string trickle)
    {
        using (client)
        {
            var (stream, said, buffer) = (client.GetStream(), new StringBuilder(), new byte[4096]);
            using var trickling = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var writing = Task.Run(async () =>
            {
                try
                {
                    while (trickle.Length > 0)
                    {
                        await Task.Delay(300, trickling.Token);
                        await stream.WriteAsync(Encoding.ASCII.GetBytes(trickle), trickling.Token);
                    }
                }
                catch (Exception e) when (e is IOException or OperationCanceledException) { /* it is closed */ }
            }, Stop);
            try
            {
                while (await stream.ReadAsync(buffer, Stop) is > 0 and var n) said.Append(Encoding.ASCII.GetString(buffer, 0, n));
            }
            catch (IOException) { /* reset: closed too */ }
            await trickling.CancelAsync();
            await writing;
            return said.ToString();
        }
    }

    [Fact]
    public async Task Heads_and_bodies_that_trickle_in_are_ended_by_the_server()
    {
        await using var server = await Served.StartAsync();
        var head = UntilClosed(await Connect(server.Port, "GET /api/status HTTP/1.1\r\nHost: localhost\r\nX: "), "x");
        var body = UntilClosed(await Connect(server.Port, "POST /api/embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{\"texts\":[\""), "a");
        var said = await Task.WhenAll(head, body).WaitAsync(TimeSpan.FromMinutes(2), Stop);
        Assert.All(said, s => Assert.True(s.Length == 0 || s.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), s));
        Assert.Equal("ok", await server.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative), Stop));
    }

    [Fact]
    public async Task Connections_beyond_those_that_are_taken_are_closed_and_when_others_go_there_is_room_again()
    {
        const int taken = 20;
        await using var server = await Served.StartAsync(o => o with { Connections = taken });
        var open = new List<TcpClient>();
        try
        {
            for (var i = 0; i < taken; i++) open.Add(await Connect(server.Port, "GET /api/status HTTP/1.1\r\nHost: localhost\r\n"));
            string said;
            do
            {
                said = await UntilClosed(await Connect(server.Port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "");
            } while (said.Length > 0); // those before may not have been counted yet
            foreach (var c in open) c.Dispose();
            do
            {
                said = await UntilClosed(await Connect(server.Port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "");
            } while (said.Length == 0); // and those that are gone may still be
            Assert.EndsWith("ok", said);
        }
        finally { foreach (var c in open) c.Dispose(); }
    }
}
