using NClip.Architectures;
using NClip.Export;
using NClip.Foundation;
using NClip.Proof;
using NClip.Text;
using NClip.Text.HuggingFace;
using NClip.ZeroShot;

namespace NClip;

/// <content>The model itself: its weights, its proof, its speed, copies for other programs.</content>
public sealed partial class Clip
{
    /// <summary>Where the weights lie and how they are stored.</summary>
    public ModelWeights Weights => new(Model.Tensors, Spec);

    /// <summary>Opens a model's tokenizer, without its weights.</summary>
    /// <param name="path">The model's folder, or a weight file in it.</param>
    /// <exception cref="ClipException">The folder's tokenizer files are damaged, or of a kind that is not known.</exception>
    public static TextPipeline OpenTokenizer(string path) => TokenizerFolder.Load(ModelFolder.Of(Given.One(path, "path of a model")).Path);

    /// <summary>One number for the weights, the same in every file format and naming that holds the same values: SHA-256 over names, counts and values as float32, its first 16 bytes in hexadecimal. Reads every weight.</summary>
    public string Fingerprint(CancellationToken cancellationToken = default) => Architectures.Fingerprint.Of(Model.Tensors, cancellationToken);

    /// <summary>Runs the inputs of a reference file, <c>images</c> [N, 3, H, W] (or <c>pixel_values</c>, <c>pixel_attention_mask</c> and <c>spatial_shapes</c>, where the model takes patches) and <c>tokens</c> [M, L], and compares with the image_features, text_features (also their _norm) and logits_per_image that it holds.</summary>
    /// <param name="referenceFile">safetensors or any other format that <see cref="Checkpoints.StateDict.Open"/> reads; inputs that it lacks are taken from inputs.safetensors beside it.</param>
    /// <param name="tolerance">Largest absolute deviation allowed; null: 2e-5 in features (times their root mean square where that is above 1), 1e-4 in logits.</param>
    /// <param name="cancellationToken">Stops inside a batch.</param>
    /// <exception cref="Checkpoints.CheckpointException">The file cannot be read, has nothing to compare, or shapes that are not this model's.</exception>
    public VerificationReport Verify(string referenceFile, double? tolerance = null, CancellationToken cancellationToken = default)
        => ModelVerification.Run(Model, Given.One(referenceFile, "path of a reference file"), tolerance, cancellationToken);

    /// <summary>Compares with what others have published for these weights: text features, softmax, logits. Pictures are compared with <see cref="Images.ImagePolicy.Reference"/> in the options.</summary>
    /// <param name="model">The name by which the weights are known (<c>ViT-B/32</c>, <c>google/siglip-base-patch16-224</c>), or a path in a cache that has it.</param>
    /// <param name="pictures">Files of the pictures that published answers are about, recognised by their names.</param>
    /// <param name="cancellationToken">Stops inside a batch.</param>
    /// <exception cref="ClipException">Nothing is published for this model, or a picture cannot be read.</exception>
    public PublishedReport VerifyPublished(string? model, IReadOnlyList<string> pictures, CancellationToken cancellationToken = default)
        => PublishedVerification.Run(model, t => EncodeText(t, cancellationToken), (picture, texts) => Similarity(EncodeImage((string[])[picture], cancellationToken), EncodeText(texts, cancellationToken), cancellationToken), Given.All(pictures, "file", "files"));

    /// <summary>Measures the towers alone, on random pictures and on texts of <see cref="TowerSpeed.TextTokens"/> tokens; the median run counts.</summary>
    /// <param name="batch">Pictures or texts in one call; of more than <see cref="ClipOptions.BatchSize"/> a tower runs several times.</param>
    /// <param name="atLeast">Time for each tower, in three runs or more.</param>
    /// <param name="cancellationToken">Stops inside a run.</param>
    public TowerSpeed MeasureSpeed(int batch, TimeSpan atLeast, CancellationToken cancellationToken = default) => TowerBenchmark.Measure(Model, batch, atLeast, cancellationToken);

    /// <summary>
    /// Writes a folder that NClip opens: weights as they are, rounded to float16, or as 8-bit integers that are mapped and run as they are; both towers or one alone.
    /// The folder appears whole or not at all.
    /// </summary>
    /// <param name="folder">The folder to make.</param>
    /// <param name="precision">How weights are stored.</param>
    /// <param name="towers">What is written. A folder with one tower refuses the other's work.</param>
    /// <param name="cancellationToken">Ends it between two tensors.</param>
    /// <exception cref="ClipException">The folder exists already, or the model has not what is wanted.</exception>
    public void Export(string folder, StoredPrecision precision = StoredPrecision.AsItIs, TowerChoice towers = TowerChoice.Both, CancellationToken cancellationToken = default) =>
        NClipExport.Write(Model, Folder.Path, Given.One(folder, "path of a folder"), precision, towers, cancellation: cancellationToken);

    /// <summary>
    /// Writes a folder for plain ONNX Runtime: image.onnx (pixels [N, 3, H, W] -> features [N, D]), text.onnx (tokens int64 [N, L] -> features [N, D]),
    /// the weights that they refer to, the model's configuration and tokenizer files. The folder appears whole or not at all.
    /// </summary>
    /// <exception cref="ClipException">The folder exists already.</exception>
    public void ExportOnnx(string folder, CancellationToken cancellationToken = default) => OnnxExport.Write(Model, Folder.Path, Given.One(folder, "path of a folder"), cancellationToken);

    /// <summary>
    /// Writes a folder that transformers.js opens, under the names of Optimum's exports: onnx/vision_model.onnx (pixel_values -> image_embeds), onnx/text_model.onnx
    /// (input_ids -> text_embeds), onnx/model.onnx (both, and logits_per_image), config.json, preprocessor_config.json, tokenizer.json, tokenizer_config.json.
    /// The folder appears whole or not at all.
    /// </summary>
    /// <exception cref="ClipException">The folder exists already, or the model's pictures or its tokenizer cannot be said in such files.</exception>
    public void ExportTransformersJs(string folder, CancellationToken cancellationToken = default) =>
        TransformersJsExport.Write(Model, Folder.Path, Given.One(folder, "path of a folder"), cancellation: cancellationToken);

    /// <summary>
    /// Writes a folder that transformers opens (<c>CLIPModel.from_pretrained</c>, SiglipModel, ChineseCLIPModel): config.json, model.safetensors, preprocessor_config.json,
    /// the tokenizer's files. The folder appears whole or not at all.
    /// </summary>
    /// <exception cref="ClipException">The folder exists already, or transformers has no class for the model.</exception>
    public void ExportHuggingFace(string folder, CancellationToken cancellationToken = default) => HuggingFaceExport.Write(Model, Folder.Path, Given.One(folder, "path of a folder"), cancellationToken);
}
