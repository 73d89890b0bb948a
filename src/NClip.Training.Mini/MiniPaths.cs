namespace NClip.Training.Mini;

/// <summary>Where the recipe finds its sources and keeps its work.</summary>
/// <param name="Data">The project's data folder (flickr8k, towers, class-names, ...).</param>
/// <param name="Mirrors">Clones of public repositories, OWNER+NAME (the step fetch makes them).</param>
/// <param name="Wider">WebDataset shards SET/{train,eval}-NNN.tar, KEY.jpg with KEY.cls or KEY.txt (the step shards makes them).</param>
/// <param name="WordNet">WordNet 3.0's data.noun.</param>
/// <param name="Prompts">OpenAI's prompts.json, for the 1000 ImageNet names.</param>
/// <param name="Work">Features, checkpoints, the exported folder; outside the repository.</param>
internal sealed record MiniPaths(string Data, string Mirrors, string Wider, string WordNet, string Prompts, string Work)
{
    public string Tower => Path.Combine(Data, "towers/mobilenet_v2_1.0_224.safetensors");

    /// <summary>The sentence encoder's weights and vocabulary.</summary>
    public (string Weights, string Vocabulary) Sentences => (Path.Combine(Data, "towers/all-MiniLM-L6-v2.f16.safetensors"), Path.Combine(Data, "towers/all-MiniLM-L6-v2.vocab.txt"));

    /// <summary>What the sentence encoder said, kept in the work folder.</summary>
    public SentenceMemory OpenSentences() => new(Sentences.Weights, Sentences.Vocabulary, Work);

    /// <summary>A recipe file beside the program.</summary>
    public static string Recipe(string name) => Path.Combine(AppContext.BaseDirectory, "Recipe", name);
}
