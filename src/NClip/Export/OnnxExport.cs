using NClip.Foundation;
using NClip.Graphs;
using NClip.Inference;

namespace NClip.Export;

/// <summary>Writes a model's parts as ONNX files that plain ONNX Runtime opens.</summary>
internal static class OnnxExport
{
    private static readonly string[] _beside = ["*.json", "vocab.txt", "merges.txt", "*.model", "LICENSE*"];

    /// <summary>
    /// A file a part: image.onnx (pixels [N, 3, H, W] -> features [N, D]) and text.onnx (tokens int64 [N, L] -> features [N, D]); weights that the
    /// graphs refer to are copied beside them, and so are the model's configuration and tokenizer files. The folder appears whole or not at all.
    /// </summary>
    /// <exception cref="ClipException">The folder exists already.</exception>
    public static void Write(ClipModel model, string source, string folder, CancellationToken cancellation = default) => NewFolder.Write(folder, making =>
    {
        var weights = model.WholeWeights(cancellation);
        foreach (var part in model.Spec.Parts)
        {
            var graph = PartGraph.Of(part, weights);
            File.WriteAllBytes(Path.Combine(making, part.Name + ".onnx"), graph.Model);
            foreach (var file in graph.Files) ModelFiles.Copy(Path.Combine(file.Folder, file.Name), making);
        }
        ModelFiles.CopyBeside(source, _beside, making);
    });
}
