using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace NClip.Server.Tests;

/// <summary>Requests as bytes: a valid one for each address, and ways to spoil them.</summary>
internal static partial class RawRequests
{
    // What breaks parsers: ends of ranges, other scripts, half characters, paths, other types, depth.
    private static readonly string[] _nasty =
    [
        "", " ", "\0", "0", "-1", "1e999", "99999999999999999999", "NaN", "2147483648", "0.5", "null", "true", "[]", "{}", "[[[[[[[[[[[[[[[[[[[[", "\"", "\\", "\\ud800", "\\udfff\\ud83d", "\\u0000", "\"\\ud800\"",
        "%00", "%ED%A0%80", "%C0%AE%C0%AE%2F", "%2e%2e%2f", "../", "..\\", "/etc/passwd", "%25", "%", "&&", "=", "?", "#", "*", "\"dog\" - \"dog\"", new string('9', 320) + " * dog", new string('a', 9000), "\r\n", "\r\n\r\n", ": ", ",", ";",
        "charset=utf-7", "charset=nonsense", "gzip", "bytes=0-1,-1,99999999999-", "data:image/png;base64,", "file:///etc/passwd", "\u202e", "𝔘", "\u0130", "<script>",
    ];

    /// <summary>A request with its answer's status.</summary>
    public static byte[] Of(string method, string target, string? type = null, byte[]? body = null, string headers = "")
        => [.. Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}{(type is null ? "" : $"Content-Type: {type}\r\nContent-Length: {body!.Length}\r\n")}\r\n"), .. body ?? []];

    /// <summary>A valid request for each address of the API and the page.</summary>
    /// <param name="id">A picture's.</param>
    /// <param name="picture">A picture's file.</param>
    public static byte[][] Valid(string id, byte[] picture)
    {
        var base64 = Convert.ToBase64String(picture);
        byte[] Json(string target, string body) => Of("POST", target, "application/json", Encoding.UTF8.GetBytes(body));
        return
        [
            Of("GET", "/"), Of("GET", "/page/app.js", headers: "If-None-Match: \"x\"\r\n"), Of("GET", "/healthz"), Of("GET", "/readyz"), Of("GET", "/metrics"), Of("GET", "/openapi/v1.json"),
            Of("GET", "/api/status"), Of("GET", "/api/pictures?offset=1&count=2"), Of("GET", $"/api/pictures/{id}"), Of("GET", $"/thumb/{id}?size=320", headers: "If-None-Match: \"x\"\r\n"), Of("GET", $"/picture/{id}", headers: "Range: bytes=0-99\r\n"),
            Of("GET", "/api/search?q=%22a%20cat%22%20-%200.5%20*%20dog&top=3&threshold=-1&after=2000&before=2100-01-01&path=*.png&near=48.86,2.35,5&size=64x64&caption=cat"), Of("GET", $"/api/search?like={id}&unlike={id}&top=2"),
            Of("POST", "/api/search?top=2", "image/png", picture), Of("GET", "/api/duplicates?threshold=0.9&top=5"), Of("GET", "/api/map?most=10"), Of("POST", "/api/session", "text/plain", []),
            Json("/api/embed", $$"""{"texts":["a cat","一只猫"],"images":["{{base64}}"]}"""), Json("/api/classify", $$"""{"id":"{{id}}","labels":["a cat","a dog"]}"""), Json("/api/classify", $$"""{"image":"{{base64}}","labels":["a cat"]}"""),
            Of("GET", "/v1/models"), Of("GET", "/v1/models/tiny"), Json("/v1/embeddings", """{"input":["a cat",{"text":"a dog"}],"model":"tiny","encoding_format":"base64","user":"me"}"""), Json("/v1/embeddings", $$$"""{"input":[{"image_url":{"url":"data:image/png;base64,{{{base64}}}"}}]}"""),
        ];
    }

    /// <summary>One with something changed: bytes flipped, taken out, doubled, cut off or put in, numbers that are others, a piece of another request. The length of the body is told as it is then, or not.</summary>
    public static byte[] Spoiled(byte[] request, IReadOnlyList<byte[]> all, Random random)
    {
        var bytes = request.ToList();
        for (var n = random.Next(1, 4); n > 0 && bytes.Count > 0; n--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes.RemoveRange(at, length); break;
                case 2: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 3 when random.Next(3) == 0: bytes.RemoveRange(at, bytes.Count - at); break;
                case 4: Replace(bytes, Number(), random); break;
                case 5: Replace(bytes, Text(), random); break;
                case 6 when all[random.Next(all.Count)] is var other: bytes.InsertRange(at, other.Skip(random.Next(other.Length)).Take(length)); break;
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes(_nasty[random.Next(_nasty.Length)])); break;
            }
        }
        return random.Next(4) == 0 ? [.. bytes] : WithItsLength([.. bytes]);
    }

    /// <summary>Sends a request and, where the server can know its end, a last one behind it, so that the connection is closed; gives the statuses of the answers and all that was said.</summary>
    public static async Task<(int[] Statuses, string Text)> SendAsync(int port, byte[] request, CancellationToken stop)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, stop);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(IsWhole(request) ? [.. request, .. Of("GET", "/healthz")] : request, stop);
            if (!IsWhole(request)) client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException) { /* it has closed already; what it said is read */ }
        using var answer = new MemoryStream();
        try { await stream.CopyToAsync(answer, stop); }
        catch (IOException) { /* reset behind its answer, where it has not read all of the request */ }
        var text = Encoding.Latin1.GetString(answer.ToArray());
        return ([.. Status().Matches(text).Select(m => int.Parse(m.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture))], text);
    }

    private static bool IsWhole(byte[] request)
        => request.AsSpan().IndexOf("\r\n\r\n"u8) is >= 0 and var end && (!long.TryParse(Length().Match(Encoding.Latin1.GetString(request, 0, end)).Value.Split(' ')[^1], out var length) || request.Length - end - 4 >= length);

    // Another value in place of one that is there.
    private static void Replace(List<byte> bytes, Regex what, Random random)
    {
        var found = what.Matches(Encoding.Latin1.GetString([.. bytes.Take(4000)]));
        if (found.Count == 0) return;
        var m = found[random.Next(found.Count)];
        bytes.RemoveRange(m.Index, m.Length);
        bytes.InsertRange(m.Index, Encoding.UTF8.GetBytes(_nasty[random.Next(_nasty.Length)]));
    }

    private static byte[] WithItsLength(byte[] request)
    {
        var end = request.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0) return request;
        var head = Length().Replace(Encoding.Latin1.GetString(request, 0, end), $"Content-Length: {request.Length - end - 4}", 1);
        return [.. Encoding.Latin1.GetBytes(head), .. request.AsSpan(end)];
    }

    [GeneratedRegex("HTTP/1\\.[01] ([0-9]{3})[ \r]", RegexOptions.CultureInvariant)]
    private static partial Regex Status();

    [GeneratedRegex("Content-Length: [0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Length();

    [GeneratedRegex("(?<=[=,:x])-?[0-9.]+", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex("(?<=[\"=/])[^\"=/&\r\n]+(?=[\"&/ \r])", RegexOptions.CultureInvariant)]
    private static partial Regex Text();
}
