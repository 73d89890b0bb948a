using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using NClip.Cli.Output;
using NClip.Search;

namespace NClip.Cli.Searching;

/// <summary>The answers of a search as one page for a browser: the pictures from where they lie, nothing from elsewhere.</summary>
internal static class AnswerPage
{
    /// <summary>Writes it into the gallery, where that is no folder into that of temporary files, over that of the last search, and opens it.</summary>
    public static void Show(Terminal terminal, string gallery, string query, IReadOnlyList<Match> matches)
    {
        var path = Path.Combine(Gallery.Folder(gallery) ?? Path.GetTempPath(), "answers.html");
        using (var file = new NewFile(path))
        {
            file.Stream.Write(Encoding.UTF8.GetBytes(Html(query, matches)));
            file.Complete();
        }
        terminal.Note($"the answers are in {path}");
        try
        {
            using var browser = Process.Start(new ProcessStartInfo(path) { UseShellExecute = true });
        }
        catch (Win32Exception)
        {
            terminal.Note("no program here opens pages; open it yourself.");
        }
    }

    /// <summary>The page. Names and query are escaped; it has no script.</summary>
    internal static string Html(string query, IReadOnlyList<Match> matches)
    {
        var title = WebUtility.HtmlEncode(query);
        var page = new StringBuilder($$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src file:; style-src 'unsafe-inline'">
            <title>{{title}}</title>
            <style>
            :root { color-scheme: light dark }
            body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem }
            main { display: flex; flex-wrap: wrap; gap: .75rem }
            figure { margin: 0; width: 16rem }
            img { width: 100%; height: 12rem; object-fit: cover; border-radius: .4rem }
            figcaption { overflow-wrap: anywhere; font-size: 13px }
            </style>
            </head>
            <body>
            <h1>{{title}}</h1>
            <main>

            """);
        foreach (var m in matches)
        {
            var (name, address) = (WebUtility.HtmlEncode(Plain.Text(m.File)), WebUtility.HtmlEncode(new Uri(m.File).AbsoluteUri));
            page.Append(CultureInfo.InvariantCulture, $"<figure><a href=\"{address}\"><img loading=\"lazy\" src=\"{address}\" alt=\"{name}\"></a><figcaption>{m.Score:0.000} {name}</figcaption></figure>\n");
        }
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }
}
