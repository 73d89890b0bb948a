using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>Text tower with a BERT or RoBERTa: ids [N, L] -> features [N, D]. (Devlin et al. 2019; open_clip hf_model.py, HFTextEncoder)</summary>
internal static class Bert
{
    public static T Build<T>(IOperators<T> ops, BertSpec spec, Scope<T> w, T ids)
        where T : class
    {
        var (bert, length) = (w["bert"], ops.Size(ids, 1));
        var real = ops.IsNot(ids, spec.PadId);                                                                    // [N, L], 1 where no padding
        var x = Embed(ops, spec, bert["embeddings"], ids, real, length);                                          // [N·L, W]
        var hidden = RealTokens.Hiding(ops, real);                                                               // [N, 1, 1, L]
        for (var i = 0; i < spec.Layers; i++) x = Layer(ops, spec, bert["encoder"]["layer"][$"{i}"], x, length, hidden);
        return Projection.Build(ops, spec.Projection, w["text_projection"], Pool(ops, spec, bert, ops.Reshape(x, -1, length, spec.Width), real));
    }

    /// <summary>Word + position + first token type, then layer norm.</summary>
    private static T Embed<T>(IOperators<T> ops, BertSpec spec, Scope<T> w, T ids, T real, Dim length)
        where T : class
    {
        var positions = spec.Roberta
            ? ops.Lookup(w["position_embeddings.weight"], RealTokens.Positions(ops, real, spec.PadId))
            : ops.Slice(w["position_embeddings.weight"], 0, 0, length);
        var x = ops.Add(ops.Lookup(w["word_embeddings.weight"], ids), ops.Take(w["token_type_embeddings.weight"], 0, 0));
        return ops.LayerNorm(ops.Reshape(ops.Add(x, positions), -1, spec.Width), w["LayerNorm"], spec.Epsilon);
    }

    /// <summary>Post-norm: the sum is normalised, not the branch's input.</summary>
    private static T Layer<T>(IOperators<T> ops, BertSpec spec, Scope<T> w, T x, Dim length, T hidden)
        where T : class
    {
        var a = w["attention"];
        var (q, k, v) = (ops.Linear(x, a["self"]["query"]), ops.Linear(x, a["self"]["key"]), ops.Linear(x, a["self"]["value"]));
        var y = ops.Linear(Attention.Build(ops, new(spec.Heads, spec.Width, length, length), q, k, v, hidden), a["output"]["dense"]);
        x = ops.LayerNorm(ops.Add(x, y), a["output"]["LayerNorm"], spec.Epsilon);
        y = ops.Linear(ops.Activate(ops.Linear(x, w["intermediate"]["dense"]), spec.Activation), w["output"]["dense"]);
        return ops.LayerNorm(ops.Add(x, y), w["output"]["LayerNorm"], spec.Epsilon);
    }

    private static T Pool<T>(IOperators<T> ops, BertSpec spec, Scope<T> w, T x, T real)
        where T : class => spec.Pooling switch
        {
            EncoderPooling.FirstDense => ops.Tanh(ops.Linear(ops.Take(x, 1, 0), w["pooler"]["dense"])),
            EncoderPooling.FirstNormDense => ops.Linear(ops.LayerNorm(ops.Take(x, 1, 0), w["pre_ln"], spec.Epsilon), w["transformation"]),
            _ => RealTokens.Pool(ops, spec.Pooling, x, real),
        };
}
