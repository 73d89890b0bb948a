using System.Globalization;
using System.Text.RegularExpressions;

namespace NClip.Architectures.Namings;

/// <summary>Apple's MobileCLIP: timm's names for the convolutional layers, OpenAI's for the others.</summary>
internal static partial class MobileClipNames
{
    private static readonly NamingRule[] _rules =
    [
        new(@"^image_encoder\.model\.patch_embed\.", "visual.trunk.stem."),
        new(@"^image_encoder\.model\.conv_exp\.", "visual.trunk.final_conv."),
        new(@"^image_encoder\.model\.patch_emb\.(\d+)\.block\.conv\.", "visual.trunk.patch_embed.backbone.$1.conv."),
        new(@"^image_encoder\.model\.patch_emb\.(\d+)\.block\.norm\.", "visual.trunk.patch_embed.backbone.$1.bn."),
        new(@"^image_encoder\.model\.cls_token$", "visual.class_embedding") { Squeeze = true },
        new(@"^image_encoder\.model\.pos_embed\.pos_embed\.pos_embed$", "visual.positional_embedding") { Squeeze = true },
        new(@"^image_encoder\.model\.transformer\.", "visual.transformer.resblocks."),
        new(@"^image_encoder\.model\.post_transformer_norm\.", "visual.ln_post."),
        new(@"^image_encoder\.model\.(head|classifier)\.proj$", "visual.proj"),
        new(@"^text_encoder\.embedding_layer\.", "token_embedding."),
        new(@"^text_encoder\.positional_embedding\.pos_embed\.pos_embed$", "positional_embedding") { Squeeze = true },
        new(@"^text_encoder\.transformer\.", "transformer.resblocks."),
        new(@"^text_encoder\.final_layer_norm\.", "ln_final."),
        new(@"^text_encoder\.projection_layer$", "text_projection"),
        new(@"\.pre_norm_mha\.0\.", ".ln_1."),
        new(@"\.pre_norm_mha\.1\.qkv_proj\.", ".attn.in_proj_"),
        new(@"\.pre_norm_mha\.1\.out_proj\.", ".attn.out_proj."),
        new(@"\.pre_norm_ffn\.0\.", ".ln_2."),
        new(@"\.pre_norm_ffn\.1\.", ".mlp.c_fc."),
        new(@"\.pre_norm_ffn\.4\.", ".mlp.c_proj."),
        new(@"\.rbr_skip\.", ".identity."),
        new(@"\.rbr_scale\.", ".conv_scale."),
        new(@"\.rbr_conv\.", ".conv_kxk."),
        new(@"\.lkb_origin\.", ".large_conv."),
        new(@"\.lkb_reparam\.", ".reparam_conv."),
        new(@"\.pe\.", ".pos_enc."),
        new(@"\.convffn\.", ".mlp."),
        new(@"\.se\.reduce\.", ".se.fc1."),
        new(@"\.se\.expand\.", ".se.fc2."),
        new(@"\.(layer_scale(_[12])?)$", ".$1.gamma"),
    ];

    /// <summary>The table for a file with these names: blocks, downsamples and position layers stand in one row there, which a downsample divides into stages.</summary>
    public static NamingRule[] Rules(IEnumerable<string> names)
    {
        var row = new SortedDictionary<int, string>();
        foreach (var m in names.Select(n => Place.Match(n)).Where(m => m.Success))
            row[int.Parse(m.Groups["place"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)] = m.Groups["downsample"].Success ? "downsample" : m.Groups["position"].Success ? "pos_emb" : "blocks";
        var (rules, stage) = (new List<NamingRule>(), 0);
        foreach (var (place, kind) in row)
        {
            if (kind == "downsample") stage++;
            rules.Add(new(FormattableString.Invariant($@"^image_encoder\.model\.network\.{place}\."), FormattableString.Invariant($"visual.trunk.stages.{stage}.{kind}.")));
        }
        return [.. rules, .. _rules];
    }

    [GeneratedRegex(@"^image_encoder\.model\.network\.(?<place>\d{1,2})\.((?<downsample>proj\.)|(?<position>pe\.|reparam_conv\.))?", RegexOptions.CultureInvariant)]
    private static partial Regex Place { get; }
}
