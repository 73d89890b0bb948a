using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>Text tower of two sources: rows of pairs of ids [N, 2·L] -> features [N, D]. One source knows what training showed it, the other the language (<see cref="SentenceMixSpec"/>).</summary>
internal static class SentenceMix
{
    // Elements of a unit vector are small; doubled, they reach the bend of the nonlinearity.
    private const float Gain = 2;

    public static T Build<T>(IOperators<T> ops, SentenceMixSpec spec, Scope<T> w, T ids)
        where T : class
    {
        var pairs = ops.Reshape(ids, 0, -1, 2);                                                                        // [N, L, 2]
        var sentence = ops.WithoutFilling(ops.Take(pairs, 2, 1), spec.Sentence.PadId);
        var words = ops.Normalize(BagTransformer.Build(ops, spec.Words, w, ops.Take(pairs, 2, 0)));
        var meaning = ops.Normalize(Bert.Build(ops, spec.Sentence, w["sentence"], sentence));
        var heard = ops.Clamp(ops.Sub(ops.Sum(ops.IsNot(sentence, spec.Sentence.PadId), 1, keep: true), ops.Constant(2f)), 0, 1); // [N, 1], 0 where it got its start and end alone
        var (both, alone) = (Mix(ops, w["mix"], words, meaning), Alone(ops, w["mix"], words));
        return ops.Add(alone, ops.Mul(heard, ops.Sub(both, alone)));
    }

    /// <summary>Features of texts that both sources understand, from vectors of length 1: [N, D] and [N, M] -> [N, D].</summary>
    public static T Mix<T>(IOperators<T> ops, Scope<T> w, T words, T meaning)
        where T : class
    {
        var linear = ops.Add(ops.Linear(words, w["words"]["weight"], null), ops.Linear(meaning, w["sentence"]["weight"], null));
        var hidden = ops.Activate(ops.Linear(ops.Mul(meaning, ops.Constant(Gain)), w["mlp"]["c_fc"]), Activation.Gelu);
        return ops.Add(linear, ops.Linear(hidden, w["mlp"]["c_proj"]["weight"], null));
    }

    /// <summary>Features of texts in the language that only the first source understands: [N, D] -> [N, D].</summary>
    public static T Alone<T>(IOperators<T> ops, Scope<T> w, T words)
        where T : class => ops.Linear(words, w["alone"]["weight"], null);
}
