using NClip.Checkpoints;

namespace NClip.Tests.Architectures;

/// <summary>Copied models (timm's names) under the names that their authors' programs write.</summary>
internal static class AuthorsNames
{
    /// <summary>Words of timm and of EVA's authors.</summary>
    private static readonly (string Timm, string Authors)[] _eva =
    [
        ("visual.trunk.", "visual."), (".attn.q_proj.bias", ".attn.q_bias"), (".attn.v_proj.bias", ".attn.v_bias"), (".attn.norm.", ".attn.inner_attn_ln."),
        (".mlp.norm.", ".mlp.ffn_ln."), (".mlp.fc1_g.", ".mlp.w1."), (".mlp.fc1_x.", ".mlp.w2."),
    ];

    /// <summary>Words of timm and of Meta's program.</summary>
    private static readonly (string Timm, string Authors)[] _encoder =
    [
        ("visual.trunk.cls_token", "visual.class_embedding"), ("visual.trunk.pos_embed", "visual.positional_embedding"), ("visual.trunk.patch_embed.proj.", "visual.conv1."),
        ("visual.trunk.norm_pre.", "visual.ln_pre."), ("visual.trunk.norm.", "visual.ln_post."), ("visual.trunk.head.weight", "visual.proj"),
        ("visual.trunk.blocks.", "visual.transformer.resblocks."), (".attn.qkv.", ".attn.in_proj_"), (".attn.proj.", ".attn.out_proj."), (".norm1.", ".ln_1."), (".norm2.", ".ln_2."),
        ("visual.trunk.attn_pool.latent", "visual.attn_pool.probe"), ("visual.trunk.attn_pool.norm.", "visual.attn_pool.layernorm."), ("visual.trunk.attn_pool.proj.", "visual.attn_pool.attn.out_proj."),
        ("visual.trunk.attn_pool.", "visual.attn_pool."), (".mlp.fc1.", ".mlp.c_fc."), (".mlp.fc2.", ".mlp.c_proj."), ("text.", ""),
    ];

    /// <summary>Writes the weights of a copied case of the zoo; gives the file.</summary>
    public static string Write(string folder, TemporaryFolder to)
    {
        using var file = StateDict.Open(Reference.Path($"zoo/{folder}/open_clip_model.safetensors"));
        Safetensors.Write(to["original_names.safetensors"], folder.StartsWith("eva", StringComparison.Ordinal) ? Eva(file) : Encoder(file));
        return to["original_names.safetensors"];
    }

    private static IEnumerable<(string, TensorType, long[], ReadOnlyMemory<byte>)> Eva(StateDict file)
    {
        var gated = file.Tensors.Keys.Any(n => n.Contains("fc1_g", StringComparison.Ordinal));
        foreach (var t in file.Tensors.Values)
        {
            var name = Renamed(t.Name, _eva);
            yield return (gated && t.Name.StartsWith("visual.", StringComparison.Ordinal) ? name.Replace(".mlp.fc2.", ".mlp.w3.", StringComparison.Ordinal) : name, t.Type, t.Shape, t.Bytes());
        }
        if (!gated) yield break;
        foreach (var at in new[] { "visual.rope.", "visual.blocks.0.attn.rope.", "visual.blocks.1.attn.rope." })
            foreach (var table in new[] { "freqs_cos", "freqs_sin" }) yield return (at + table, TensorType.Float32, [16, 16], new byte[16 * 16 * sizeof(float)]); // computed, not read
    }

    private static IEnumerable<(string, TensorType, long[], ReadOnlyMemory<byte>)> Encoder(StateDict file)
    {
        foreach (var t in file.Tensors.Values)
        {
            var name = Renamed(t.Name, _encoder);
            if (name == "visual.trunk.head.bias") continue;                          // zero in the published files; Meta's projection has none
            if (name.Contains("attn_pool.kv.", StringComparison.Ordinal)) continue; // goes with q
            long[] shape = name is "visual.positional_embedding" or "visual.class_embedding" ? t.Shape[1..] : t.Shape;
            if (name == "visual.proj") yield return (name, t.Type, [shape[1], shape[0]], Transposed(t));
            else if (name.StartsWith("visual.attn_pool.q.", StringComparison.Ordinal)) yield return Joined(t, file.Tensors[t.Name.Replace(".q.", ".kv.", StringComparison.Ordinal)]);
            else yield return (name, t.Type, shape, t.Bytes());
        }
    }

    private static (string, TensorType, long[], ReadOnlyMemory<byte>) Joined(TensorEntry q, TensorEntry kv) =>
        ("visual.attn_pool.attn.in_proj_" + q.Name.Split('.')[^1], q.Type, [q.Shape[0] + kv.Shape[0], .. q.Shape[1..]], (byte[])[.. q.Bytes().Span, .. kv.Bytes().Span]);

    private static ReadOnlyMemory<byte> Transposed(TensorEntry t)
    {
        var (x, rows, columns) = (t.ToFloat32(), (int)t.Shape[0], (int)t.Shape[1]);
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes(Enumerable.Range(0, x.Length).Select(i => x[(i % rows * columns) + (i / rows)]).ToArray().AsSpan()).ToArray();
    }

    private static string Renamed(string name, (string Timm, string Authors)[] words) => words.Aggregate(name, (n, w) => n.Replace(w.Timm, w.Authors, StringComparison.Ordinal));
}
