using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Text tower with a BERT or RoBERTa: ids [N, L] -> features [N, D]. (Devlin et al. 2019; open_clip hf_model.py, HFTextEncoder)</summary>
internal static class BertGraph
{
    public static Value Build(GraphWriter g, BertSpec spec, Scope w, Value ids)
    {
        var (bert, length) = (w["bert"], g.Size(ids, 1));
        var real = g.Op("Cast", [g.Op("Not", [g.Op("Equal", [ids, g.Int64(spec.PadId)])])], ("to", OnnxProto.Float));   // [N, L], 1 where no padding
        var x = Embed(g, spec, bert["embeddings"], ids, real, length);                                   // [N·L, W]
        var hidden = g.Op("Unsqueeze", [g.Mul(g.Op("Sub", [real, g.Constant(1f)]), g.Constant(float.MaxValue)), g.Int64s(1, 2)]);   // [N, 1, 1, L]
        for (var i = 0; i < spec.Layers; i++) x = Layer(g, spec, bert["encoder"]["layer"][$"{i}"], x, length, hidden);
        return Projection.Build(g, spec.Projection, w["text_projection"], Pool(g, spec, bert, g.Reshape(x, -1, length, spec.Width), real));
    }

    /// <summary>Word + position + first token type, then layer norm.</summary>
    private static Value Embed(GraphWriter g, BertSpec spec, Scope w, Value ids, Value real, Value length)
    {
        Value positions;
        if (spec.Roberta)
        {
            // Padding keeps the padding's own position; the others count from the one behind it.
            var count = g.Op("CumSum", [real, g.Int64(1)]);
            var at = g.Add(g.Mul(count, real), g.Constant((float)spec.PadId));
            positions = g.Lookup(w["position_embeddings.weight"], g.Op("Cast", [at], ("to", OnnxProto.Int64)));
        }
        else
        {
            positions = g.Slice(w["position_embeddings.weight"], 0, 0, length);
        }
        var x = g.Add(g.Lookup(w["word_embeddings.weight"], ids), g.Take(w["token_type_embeddings.weight"], 0, 0));
        return g.LayerNorm(g.Reshape(g.Add(x, positions), -1, spec.Width), w["LayerNorm"], spec.Epsilon);
    }

    /// <summary>Post-norm: the sum is normalised, not the branch's input.</summary>
    private static Value Layer(GraphWriter g, BertSpec spec, Scope w, Value x, Value length, Value hidden)
    {
        var a = w["attention"];
        var (q, k, v) = (g.Linear(x, a["self"]["query"]), g.Linear(x, a["self"]["key"]), g.Linear(x, a["self"]["value"]));
        var y = g.Linear(Attention.Build(g, q, k, v, spec.Heads, spec.Width, length, length, hidden), a["output"]["dense"]);
        x = g.LayerNorm(g.Add(x, y), a["output"]["LayerNorm"], spec.Epsilon);
        y = g.Linear(g.Activate(g.Linear(x, w["intermediate"]["dense"]), spec.Activation), w["output"]["dense"]);
        return g.LayerNorm(g.Add(x, y), w["output"]["LayerNorm"], spec.Epsilon);
    }

    private static Value Pool(GraphWriter g, BertSpec spec, Scope w, Value x, Value real)
    {
        switch (spec.Pooling)
        {
            case BertPooling.Mean:
                var sum = g.Sum(g.Mul(x, g.Op("Unsqueeze", [real, g.Int64s(2)])), 1);                    // [N, W]
                return g.Op("Div", [sum, g.Op("ReduceSum", [real, g.Int64s(1)], ("keepdims", 1))]);
            case BertPooling.FirstDense:
                return g.Op("Tanh", [g.Linear(g.Take(x, 1, 0), w["pooler"]["dense"])]);
            default:
                return g.Take(x, 1, 0);
        }
    }
}
