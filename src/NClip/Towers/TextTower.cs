using NClip.Architectures;

namespace NClip.Towers;

/// <summary>The text tower of a spec: ids [N, L] -> features [N, D].</summary>
internal static class TextTower
{
    public static T Build<T>(IOperators<T> ops, TextTowerSpec spec, Scope<T> w, T ids)
        where T : class => spec switch
        {
            TextTransformerSpec s => TextTransformer.Build(ops, s, w, ids),
            BertSpec s => Bert.Build(ops, s, w, ids),
            BagTransformerSpec s => BagTransformer.Build(ops, s, w, ids),
            _ => throw new InvalidOperationException($"no network is written for the text tower {spec.Title}."),
        };
}
