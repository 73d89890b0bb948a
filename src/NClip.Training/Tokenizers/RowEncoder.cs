namespace NClip.Training.Tokenizers;

/// <summary>Texts to the text tower's rows: [CLS], greedy longest pieces of every word, [SEP].</summary>
internal sealed class RowEncoder(IReadOnlyList<string> vocabulary, int context)
{
    private readonly Dictionary<string, int> _ids = vocabulary.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => p.i);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int[]> _words = new();

    public int[] Encode(string text)
    {
        var ids = new List<int> { 2 };
        foreach (var word in BasicTokenizer.Split(text)) ids.AddRange(_words.GetOrAdd(word, Pieces));
        if (ids.Count > context - 1) ids.RemoveRange(context - 1, ids.Count - context + 1);
        ids.Add(3);
        return [.. ids];
    }

    private int[] Pieces(string word)
    {
        var pieces = new List<int>();
        for (var at = 0; at < word.Length;)
        {
            var end = word.Length;
            var id = -1;
            while (end > at && !_ids.TryGetValue(at == 0 ? word[..end] : "##" + word[at..end], out id)) { end--; id = -1; }
            if (end == at || word.Length > 100) return [1];
            pieces.Add(id);
            at = end;
        }
        return [.. pieces];
    }
}
