using System.CommandLine;
using System.Globalization;
using NClip.Hub;

namespace NClip.Cli.Commands.Models;

/// <summary><c>nclip model list</c>: what is on this machine, and what people ask for by name.</summary>
internal static class ModelListCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = Options.Json();
        var command = new ExampleCommand("list", "List the models on this machine, and well-known ones to download.",
            "nclip model list",
            "nclip model list --json")
        { json };
        command.SetAction(call =>
        {
            var here = Clip.ListCached();
            var known = KnownModels.All.Where(k => !here.Any(m => m.IsWhole && m.Name == k.Name)).ToArray();
            if (call.GetValue(json))
            {
                foreach (var m in here) WriteJson(terminal, m);
                foreach (var k in known) WriteJson(terminal, k);
                return ExitCode.Done;
            }
            WriteHere(terminal, here);
            WriteChoice(terminal, KnownModels.All);
            WriteKnown(terminal, known);
            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(Terminal terminal, CachedModel m) => terminal.WriteJson(w =>
    {
        w.WriteString("name", m.Name);
        w.WriteBoolean("here", m.IsWhole);
        w.WriteString("source", m.Source);
        w.WriteString("path", m.Path);
        w.WriteNumber("bytes", m.Bytes);
        if (m.Revision.Length > 0) w.WriteString("revision", m.Revision);
    });

    private static void WriteJson(Terminal terminal, KnownModel k) => terminal.WriteJson(w =>
    {
        w.WriteString("name", k.Name);
        w.WriteBoolean("here", false);
        w.WriteString("source", k.Source);
        w.WriteString("family", k.Family);
        w.WriteString("architecture", k.Architecture);
        w.WriteNumber("image_size", k.ImageSize);
        w.WriteNumber("dimensions", k.Dimensions);
        w.WriteNumber("million_parameters", k.MegaParameters);
        if (k.GigaFlops is { } flop) w.WriteNumber("gflop", flop);
        if (k.ImageNet is { } share) { w.WriteNumber("imagenet", share); w.WriteString("imagenet_source", k.ImageNetSource); }
        if (k.For is { } use) w.WriteString("for", use);
    });

    private static void WriteHere(Terminal terminal, IReadOnlyList<CachedModel> models)
    {
        terminal.Out.WriteLine("On this machine:");
        foreach (var m in models)
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {m.Name}  {m.Bytes / 1e6:0.#} MB  {m.Source}{(m.IsWhole ? "" : ", not complete")}"));
            terminal.Out.WriteLine($"    {m.Path}");
        }
        if (models.Count == 0) terminal.Out.WriteLine("  none");
    }

    private static void WriteChoice(Terminal terminal, IReadOnlyList<KnownModel> models)
    {
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("What to choose:");
        foreach (var use in models.Where(k => k.For is not null).GroupBy(k => k.For))
        {
            terminal.Out.WriteLine($"  {use.Key}:");
            foreach (var k in use) terminal.Out.WriteLine($"    {k.Name}");
        }
    }

    private static void WriteKnown(Terminal terminal, IReadOnlyList<KnownModel> models)
    {
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("To download by name (or any other Hugging Face repository with a CLIP or SigLIP in it):");
        foreach (var family in models.GroupBy(k => (k.Family, k.About))) // no table: it would break the long names, which people copy
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine($"{family.Key.Family}: {family.Key.About}");
            foreach (var k in family)
            {
                terminal.Out.WriteLine($"  {k.Name}");
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {k.Architecture}, {k.ImageSize} px, {k.Dimensions} dimensions, {k.MegaParameters:0.0} M parameters{Work(k)}; {k.Source}"));
            }
        }
    }

    private static string Work(KnownModel k) => string.Create(CultureInfo.InvariantCulture,
        $"{(k.GigaFlops is { } flop ? $", {flop:0.0} GFLOP" : "")}{(k.ImageNet is { } share ? $", ImageNet {share:0.0} % ({k.ImageNetSource})" : "")}");
}
