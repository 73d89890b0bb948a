using NClip.Training.Measuring;

namespace NClip.Training.Reports;

/// <summary>What a model did with single pictures, as a part of a page.</summary>
internal static class ExamplePictures
{
    /// <summary>Characters of pictures that one page holds; those beyond are named only.</summary>
    private const int Most = 3_000_000;

    /// <summary>Adds the examples of evaluations.</summary>
    public static void Add(HtmlPage page, IReadOnlyList<(string Name, RunExamples Examples)> all)
    {
        var left = Most;
        foreach (var (name, examples) in all)
        {
            page.Add($"<h2>{HtmlPage.Text(name)}</h2>");
            if (examples.Confusion is { } confusion) Table(page, confusion);
            page.Add($"<p>{HtmlPage.Text(examples.Says)}{(examples.Rows.Count == 0 ? ": none." : ".")}</p>");
            foreach (var row in examples.Rows)
            {
                page.Add($"<section><h3>{HtmlPage.Text(row.Title)}</h3><div class=\"row\">");
                foreach (var picture in row.Pictures)
                {
                    var shown = picture.Image.Length <= left ? picture.Image : "";
                    left -= shown.Length;
                    Figure(page, picture, shown);
                }
                page.Add($"</div></section>");
            }
        }
    }

    private static void Figure(HtmlPage page, ExamplePicture picture, string image)
    {
        var caption = HtmlPage.Text(picture.Caption);
        page.Add($"<figure{(picture.Right ? " class=\"right\"" : "")}>{(image.Length > 0 ? $"<img src=\"{image}\" alt=\"{caption}\">" : "")}<figcaption>{caption}{(picture.Right ? " ✓" : "")}</figcaption></figure>");
    }

    /// <summary>True classes down, named ones across; the darker, the larger its share of the row.</summary>
    private static void Table(HtmlPage page, ConfusionCounts confusion)
    {
        var names = confusion.Classes;
        page.Add($"<div class=\"wide\"><table class=\"counts\"><caption>How often each class (a row) was named as each</caption><tr><td></td>{string.Concat(names.Select(n => $"<th scope=\"col\"><span>{HtmlPage.Text(n)}</span></th>"))}</tr>");
        for (var i = 0; i < names.Count; i++)
        {
            var row = Enumerable.Range(0, names.Count).Select(j => confusion.Counts[i, j]).ToArray();
            var sum = Math.Max(1, row.Sum());
            page.Add($"<tr><th scope=\"row\">{HtmlPage.Text(names[i])}</th>{string.Concat(row.Select((n, j) => FormattableString.Invariant($"<td style=\"--share:{(double)n / sum:f3}\"{(i == j ? " class=\"own\"" : "")}>{n}</td>")))}</tr>");
        }
        page.Add($"</table></div>");
    }
}
