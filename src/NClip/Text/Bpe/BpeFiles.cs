using NClip.Text.HuggingFace;

namespace NClip.Text.Bpe;

/// <summary>The pair vocab.json and merges.txt, as CLIP, RoBERTa and GPT-2 are published.</summary>
internal sealed class BpeFiles
{
    private BpeFiles(ByteLevelBpe bpe, string endOfWord) => (Bpe, EndOfWord) = (bpe, endOfWord);

    public ByteLevelBpe Bpe { get; }

    /// <summary><c>&lt;/w&gt;</c> for CLIP, else empty.</summary>
    public string EndOfWord { get; }

    /// <exception cref="TokenizerException">One of the two is broken, or they do not belong together.</exception>
    public static BpeFiles Read(string vocabulary, string merges)
    {
        using var json = TokenizerFiles.ReadJson(vocabulary);
        var (tokens, ids) = TokenModel.ReadVocabulary(new TokenizerJson(json.RootElement, "", vocabulary));
        var endOfWord = ids.ContainsKey("a" + ClipTokenizer.EndOfWord) ? ClipTokenizer.EndOfWord : "";
        return new BpeFiles(new ByteLevelBpe(tokens!, ReadMerges(merges), endOfWord, vocabulary), endOfWord);
    }

    /// <summary>A pair a line; the first line is a header where it begins with <c>#version</c>.</summary>
    private static List<(string Left, string Right)> ReadMerges(string path)
    {
        var pairs = new List<(string, string)>();
        var number = 0;
        foreach (var line in TokenizerFiles.ReadText(path).Split('\n'))
        {
            number++;
            var pair = line.TrimEnd('\r');
            if (pair.Length == 0 || number == 1 && pair.StartsWith("#version", StringComparison.Ordinal))
                continue;
            var blank = pair.IndexOf(' ', StringComparison.Ordinal);
            if (blank <= 0 || blank == pair.Length - 1 || pair.IndexOf(' ', blank + 1) >= 0)
                throw new TokenizerException($"line {number} is '{Excerpt.Of(pair)}', expected two tokens with a blank between them. Download the file again.", path);
            pairs.Add((pair[..blank], pair[(blank + 1)..]));
        }
        return pairs;
    }
}
