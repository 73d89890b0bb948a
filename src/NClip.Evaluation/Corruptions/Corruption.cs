namespace NClip.Evaluation;

/// <summary>What may befall a picture: the fifteen of ImageNet-C in its order, then three of its spare ones (Hendrycks and Dietterich 2019).</summary>
public enum Corruption
{
    GaussianNoise,
    ShotNoise,
    ImpulseNoise,
    DefocusBlur,
    GlassBlur,
    MotionBlur,
    ZoomBlur,
    Snow,
    Frost,
    Fog,
    Brightness,
    Contrast,
    ElasticTransform,
    Pixelate,
    JpegCompression,
    SpeckleNoise,
    GaussianBlur,
    Saturate,
}
