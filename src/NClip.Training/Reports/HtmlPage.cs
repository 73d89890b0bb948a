using System.Globalization;
using System.Net;
using System.Text;

namespace NClip.Training.Reports;

/// <summary>A page for a browser that needs nothing else: everything that comes from data is escaped, and a policy forbids whatever is not in the page.</summary>
internal sealed class HtmlPage
{
    private const int Longest = 300;

    private readonly StringBuilder _html;

    /// <param name="title">Of the page.</param>
    /// <param name="style">Its style sheet.</param>
    public HtmlPage(string title, string style) => _html = new StringBuilder($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>{Text(title)}</title>
        <style>
        {style}
        </style>
        </head>
        <body>
        <h1>{Text(title)}</h1>

        """);

    /// <summary>Text as html; a long one is cut.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text.Length > Longest ? text[..(char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)] + "…" : text);

    /// <summary>Adds html whose texts are escaped.</summary>
    public void Add(FormattableString html) => _html.Append(html.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>The whole page.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_html + "</body>\n</html>\n");
}
