namespace NClip.Training.Mini;

/// <summary>Where the recipe finds its sources and keeps its work.</summary>
/// <param name="Data">The project's data folder (flickr8k, towers, class-names, ...).</param>
/// <param name="Wider">WebDataset shards SET/{train,eval}-NNN.tar: those of the command `shards`, and sun, intel, sports, animals, clothes, groceries, wikiart, above, products (KEY.jpg with KEY.cls, or KEY.txt).</param>
/// <param name="WordNet">WordNet 3.0's data.noun.</param>
/// <param name="Prompts">OpenAI's prompts.json, for the 1000 ImageNet names.</param>
/// <param name="Work">Features, checkpoints, the exported folder; outside the repository.</param>
internal sealed record MiniPaths(string Data, string Wider, string WordNet, string Prompts, string Work)
{
    public string Tower => Path.Combine(Data, "towers/mobilenet_v2_1.0_224.safetensors");

    /// <summary>A recipe file beside the program.</summary>
    public static string Recipe(string name) => Path.Combine(AppContext.BaseDirectory, "Recipe", name);
}
