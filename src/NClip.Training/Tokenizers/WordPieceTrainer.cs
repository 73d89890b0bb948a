namespace NClip.Training.Tokenizers;

/// <summary>Makes a WordPiece vocabulary: characters first, then pairs of pieces joined in order of their count, as byte-pair encoding does (Sennrich et al. 2016).</summary>
internal static class WordPieceTrainer
{
    /// <summary>The special tokens in front of every vocabulary, ids 0 to 3.</summary>
    public static readonly string[] Specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

    /// <param name="words">Words and how often they occur.</param>
    /// <param name="size">Size of the vocabulary.</param>
    /// <param name="least">Pairs and characters met less often stay out.</param>
    public static List<string> Train(IReadOnlyDictionary<string, long> words, int size, int least = 2)
    {
        var (pieces, ids) = (new List<string>(), new Dictionary<string, int>());
        int Id(string piece)
        {
            if (!ids.TryGetValue(piece, out var id)) { ids[piece] = id = pieces.Count; pieces.Add(piece); }
            return id;
        }
        var entries = words.OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal).ToArray();
        var characters = new Dictionary<string, long>();
        var spelled = entries.Select(w => w.Key.EnumerateRunes().Select((r, i) => i == 0 ? r.ToString() : "##" + r).ToArray()).ToArray();
        for (var w = 0; w < entries.Length; w++)
            foreach (var c in spelled[w]) characters[c] = characters.GetValueOrDefault(c) + entries[w].Value;
        foreach (var c in characters.Where(c => c.Value >= least).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal)) Id(c.Key);

        // A word with a character outside the vocabulary is not learnt from.
        var known = Enumerable.Range(0, entries.Length).Where(w => spelled[w].All(ids.ContainsKey)).ToArray();
        var sequences = known.Select(w => spelled[w].Select(Id).ToList()).ToArray();
        var counts = known.Select(w => entries[w].Value).ToArray();
        var (pairs, where) = (new Dictionary<(int, int), long>(), new Dictionary<(int, int), HashSet<int>>());
        var queue = new PriorityQueue<(int, int), long>();
        void Count(int s, int sign, HashSet<(int, int)>? touched)
        {
            for (var i = 0; i + 1 < sequences[s].Count; i++)
            {
                var p = (sequences[s][i], sequences[s][i + 1]);
                pairs[p] = pairs.GetValueOrDefault(p) + sign * counts[s];
                if (sign > 0) (where.TryGetValue(p, out var l) ? l : where[p] = []).Add(s);
                touched?.Add(p);
            }
        }
        for (var s = 0; s < sequences.Length; s++) Count(s, 1, null);
        foreach (var (p, n) in pairs) queue.Enqueue(p, -n);
        while (pieces.Count < size - Specials.Length && queue.TryDequeue(out var best, out var n))
        {
            if (pairs[best] != -n) continue; // an older count; the newer one is in the queue too
            if (-n < least) break;
            var joined = Id(pieces[best.Item1] + pieces[best.Item2][2..]);
            var touched = new HashSet<(int, int)>();
            foreach (var s in where[best])
            {
                Count(s, -1, touched);
                var seq = sequences[s];
                for (var i = 0; i + 1 < seq.Count; i++)
                    if (seq[i] == best.Item1 && seq[i + 1] == best.Item2) { seq[i] = joined; seq.RemoveAt(i + 1); }
                Count(s, 1, touched);
            }
            foreach (var p in touched) if (p != best && pairs[p] > 0) queue.Enqueue(p, -pairs[p]);
            pairs[best] = 0;
        }
        return [.. Specials, .. pieces];
    }
}
