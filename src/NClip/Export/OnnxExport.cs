using NClip.Graphs;
using NClip.Inference;

namespace NClip.Export;

/// <summary>Writes a model's towers as ONNX files that plain ONNX Runtime opens.</summary>
internal static class OnnxExport
{
    private static readonly string[] _beside = ["*.json", "vocab.txt", "merges.txt", "*.model", "LICENSE*"];

    /// <summary>
    /// image.onnx (pixels [N, 3, H, W] -> features [N, D]) and text.onnx (tokens int64 [N, L] -> features [N, D]); weights that the
    /// graphs refer to are copied beside them, and so are the model's configuration and tokenizer files. The folder appears whole or not at all.
    /// </summary>
    /// <exception cref="ClipException">The folder exists already.</exception>
    public static void Write(ClipModel model, string source, string folder) => NewFolder.Write(folder, making =>
    {
        foreach (var (name, graph) in new[] { ("image.onnx", TowerGraph.Image(model.Spec.Image, model.Tensors)), ("text.onnx", TowerGraph.Text(model.Spec.Text, model.Tensors)) })
        {
            File.WriteAllBytes(Path.Combine(making, name), graph.Model);
            if (graph.Folder is null) continue;
            foreach (var file in model.Tensors.Tensors.Values.SelectMany(t => t.Parts).Select(p => p.File).OfType<string>().Distinct())
                NewFolder.Copy(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file, making);
        }
        NewFolder.CopyBeside(source, _beside, making);
    });
}
