using System.Globalization;
using NClip.Architectures;
using Spectre.Console;

namespace NClip.Cli.Output;

/// <summary>What `nclip model info` says about a model.</summary>
internal sealed record ModelInfo(ClipSpec Spec, string File, string Naming, string Weights, long ImageParameters, long TextParameters, float LogitScale, float LogitBias, string? Fingerprint)
{
    /// <summary>Reads it off a loaded model.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="fingerprint">With the fingerprint, for which every weight is read once.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static ModelInfo Of(Clip clip, bool fingerprint, CancellationToken cancellation)
    {
        var weights = clip.Weights;
        return new(
            clip.Spec,
            weights.File,
            weights.Naming,
            string.Join(", ", weights.StoredBytes.OrderByDescending(t => t.Value).Select(t => $"{t.Key} {Size(t.Value)}")),
            weights.ImageParameters,
            weights.TextParameters,
            clip.LogitScale,
            clip.LogitBias,
            fingerprint ? clip.Fingerprint(cancellation) : null);
    }

    /// <summary>One JSON object.</summary>
    public void WriteJson(Terminal terminal) => terminal.WriteJson(w =>
    {
        var p = Spec.Preprocess;
        w.WriteString("file", File);
        w.WriteString("naming", Naming);
        w.WriteString("weights", Weights);
        w.WriteString("family", Spec.FamilyName);
        w.WriteString("image_tower", Spec.ImageTower);
        w.WriteString("text_tower", Spec.TextTower);
        w.WriteNumber("image_parameters", ImageParameters);
        w.WriteNumber("text_parameters", TextParameters);
        w.WriteNumber("dimensions", Spec.EmbedDim);
        w.WriteStartObject("preprocess");
        w.WriteNumber("width", p.Width);
        w.WriteNumber("height", p.Height);
        w.WriteString("resize", Lower(p.Resize));
        if (p.Patches is { } patches)
        {
            w.WriteNumber("patch", patches.Side);
            w.WriteNumber("max_patches", patches.MaxPatches);
        }
        if (p.ResizedTo is var (resizedWidth, resizedHeight))
        {
            w.WriteNumber("resized_width", resizedWidth);
            w.WriteNumber("resized_height", resizedHeight);
        }
        w.WriteString("interpolation", Lower(p.Interpolation));
        WriteArray(w, "mean", p.Mean);
        WriteArray(w, "std", p.Std);
        w.WriteEndObject();
        w.WriteNumber("context", Spec.ContextLength);
        w.WriteNumber("vocabulary", Spec.VocabularySize);
        w.WriteString("logits", Lower(Spec.Logits));
        w.WriteNumber("logit_scale", LogitScale);
        w.WriteNumber("logit_bias", LogitBias);
        if (Fingerprint is not null) w.WriteString("fingerprint", Fingerprint);
    });

    /// <summary>A line for each fact.</summary>
    public void WriteTable(Terminal terminal)
    {
        var p = Spec.Preprocess;
        terminal.WritePath(File);
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().Padding(2, 0, 2, 0)).AddColumn();
        void Row(string name, FormattableString value) => grid.AddRow(Cells.Of(name, new Style(Color.Grey)), Cells.Of(value.ToString(CultureInfo.InvariantCulture)));
        Row("family", $"{Spec.FamilyName}");
        Row("image tower", $"{Spec.ImageTower}, {ImageParameters / 1e6:0.00} M parameters");
        Row("text tower", $"{Spec.TextTower}, {TextParameters / 1e6:0.00} M parameters");
        Row("features", $"{Spec.EmbedDim}");
        Row("pictures", $"{Size(p)}, {Fit(p)}, {Lower(p.Interpolation)}, mean {Triple(p.Mean)}, std {Triple(p.Std)}");
        Row("texts", $"{Spec.ContextLength} tokens of {Spec.VocabularySize}");
        Row("logits", $"{Lower(Spec.Logits)}, scale {LogitScale:0.####}{(LogitBias == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", bias {LogitBias:0.####}"))}");
        Row("weights", $"{Weights}; {Naming} names");
        if (Fingerprint is not null) Row("fingerprint", $"{Fingerprint}");
        terminal.Screen.Write(grid);
    }

    private static string Fit(Images.PreprocessSpec p) => p.Resize switch
    {
        Images.ResizeMode.Shortest when p.ResizedTo is var (_, side) => string.Create(CultureInfo.InvariantCulture, $"short side to {side}, then centre crop"),
        Images.ResizeMode.Squash when p.ResizedTo is var (width, height) => string.Create(CultureInfo.InvariantCulture, $"both sides to {width} x {height}, then centre crop"),
        Images.ResizeMode.Shortest => "short side, then centre crop",
        Images.ResizeMode.Squash => "both sides",
        Images.ResizeMode.Patches => "at their own aspect ratio",
        _ => "long side, then padding",
    };

    private static string Size(Images.PreprocessSpec p) => p.Patches is { } patches
        ? string.Create(CultureInfo.InvariantCulture, $"up to {patches.MaxPatches} patches of {patches.Side} x {patches.Side}")
        : string.Create(CultureInfo.InvariantCulture, $"{p.Width} x {p.Height}");

    private static void WriteArray(System.Text.Json.Utf8JsonWriter w, string name, float[] values)
    {
        w.WriteStartArray(name);
        foreach (var v in values) w.WriteNumberValue(v);
        w.WriteEndArray();
    }

    private static string Triple(float[] v) => string.Join(" ", v.Select(x => x.ToString("0.####", CultureInfo.InvariantCulture)));

    private static string Lower(Enum value) => value.ToString().ToLowerInvariant();

    private static string Size(long bytes) => bytes < 10_000 ? $"{bytes} bytes" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.##} MB");
}
