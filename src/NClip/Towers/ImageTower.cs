using NClip.Architectures;

namespace NClip.Towers;

/// <summary>The image tower of a spec: pixels [N, 3, H, W] -> features [N, D].</summary>
internal static class ImageTower
{
    public static T Build<T>(IOperators<T> ops, ImageTowerSpec spec, Scope<T> w, T pixels)
        where T : class => spec switch
        {
            VisionTransformerSpec s => VisionTransformer.Build(ops, s, w, pixels),
            ModifiedResNetSpec s => ModifiedResNet.Build(ops, s, w, pixels),
            ResNetSpec s => ResNet.Build(ops, s, w, pixels),
            ConvNextSpec s => ConvNext.Build(ops, s, w, pixels),
            MobileNetV2Spec s => MobileNetV2.Build(ops, s, w, pixels),
            _ => throw new InvalidOperationException($"no network is written for the image tower {spec.Title}."),
        };
}
