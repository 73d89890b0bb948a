using System.Globalization;
using NClip.Training.Mini;

if (args is ["shards", var mirrors, var target])
{
    FurtherShards.Make(mirrors, target);
    return 0;
}
var option = args.Skip(1).Chunk(2).ToDictionary(p => p[0], p => p[1]);
string Option(string name, string fallback) => option.GetValueOrDefault(name, fallback);
double Number(string name, double fallback) => option.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : fallback;
var data = Option("--data", "../shared/data");
var paths = new MiniPaths(data, Option("--wider", "wider"), Option("--wordnet", "/usr/share/wordnet/data.noun"), Option("--prompts", Path.Combine(data, "../reference/tokenizer/prompts.json")), Option("--work", "work"));
switch (args.FirstOrDefault())
{
    case "text":
        new TextRecipe(new MiniRun(paths)).Fit(Option("--trunk", paths.Tower), Option("--features", "features"), Option("--output", Path.Combine(paths.Work, "text.safetensors")),
            new TextStage.Options(Steps: int.Parse(Option("--steps", "1500"), CultureInfo.InvariantCulture), Rate: double.Parse(Option("--rate", "1.5e-3"), CultureInfo.InvariantCulture), Scale: Number("--batch", 1),
                Captions: (int)Number("--captions", 160), Pictures: (int)Number("--pictures", 128), CaptionDropout: Number("--caption-dropout", 0.1), WordDropout: Number("--word-dropout", 0), Between: Number("--between", 0)),
            int.Parse(Option("--layers", "2"), CultureInfo.InvariantCulture), option.GetValueOrDefault("--start"), (int)Number("--views", 0), Number("--choosing", 0) == 1);
        return 0;
    case "tower":
        new TowerRecipe(new MiniRun(paths)).Train(Option("--start", Path.Combine(paths.Work, "text.safetensors")), int.Parse(Option("--layers", "2"), CultureInfo.InvariantCulture), Option("--output", Path.Combine(paths.Work, "tower.safetensors")),
            new TowerStage.Options(int.Parse(Option("--steps", "5000"), CultureInfo.InvariantCulture), Rate: double.Parse(Option("--rate", "1.5e-4"), CultureInfo.InvariantCulture), Until: option.TryGetValue("--until", out var until) ? DateTime.Parse(until, CultureInfo.InvariantCulture) : null));
        return 0;
    case "blend":
        TrunkBlend.Write(paths.Tower, Option("--start", Path.Combine(paths.Work, "tower.average.safetensors")), double.Parse(Option("--share", "0.5"), CultureInfo.InvariantCulture), double.Parse(Option("--sharpen", "2"), CultureInfo.InvariantCulture), Option("--output", Path.Combine(paths.Work, "trunk.safetensors")));
        return 0;
    case "evaluate":
        new TextRecipe(new MiniRun(paths)).Evaluate(Option("--start", Path.Combine(paths.Work, "text.safetensors")), Option("--features", "features"), int.Parse(Option("--layers", "2"), CultureInfo.InvariantCulture));
        return 0;
    case "export":
        new MiniExport(paths).Write(Option("--start", Path.Combine(paths.Work, "text.safetensors")), int.Parse(Option("--layers", "2"), CultureInfo.InvariantCulture), Option("--output", Path.Combine(paths.Work, "nclip-mini")));
        return 0;
    default: return 2;
}
