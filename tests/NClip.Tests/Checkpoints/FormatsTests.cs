using System.Text;
using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Checkpoints;

/// <summary>What a path may be: a file of any content, a folder, an index.</summary>
public sealed class FormatsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nclip-formats-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static readonly TheoryData<string, byte[], string> Strangers = new()
    {
        { "page.safetensors", "\n<!DOCTYPE html><html><body>Sign in</body></html>"u8.ToArray(), "HTML page" },
        { "page.bin", "<html>"u8.ToArray(), "HTML page" },
        { "error.bin", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"u8.ToArray(), "XML" },
        { "pointer.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 605247071\n"u8.ToArray(), "605247071 bytes), not the weights themselves. Run 'git lfs pull'" },
        { "empty.pt", [], "empty" },
        { "model.onnx", [0x08, 0x08, 0x12, 0x07, .. "pytorch"u8], "ONNX" },
        { "model.gguf", "GGUF\x03\0\0\0"u8.ToArray(), "GGUF" },
        { "weights.npz", TorchFiles.Zip64(("a.npy", [1, 2, 3])), ".npz" },
        { "weights.npy", [0x93, .. "NUMPY\x01\0"u8], ".npy" },
        { "docs.zip", TorchFiles.Zip64(("readme.txt", "hello"u8.ToArray())), "no data.pkl (it holds readme.txt)" },
        { "two.zip", TorchFiles.Zip64(("a/data.pkl", [1]), ("b/data.pkl", [1])), "several archives" },
        { "cut.zip", [.. "PK\x03\x04"u8, .. new byte[99]], "cut" },
        { "model.h5", [0x89, .. "HDF\r\n\x1a\n"u8, 0], "HDF5" },
        { "model.tflite", [0x1c, 0, 0, 0, .. "TFL3"u8, 0], "TensorFlow Lite" },
        { "model.tar.gz", [0x1f, 0x8b, 8, 0], "gzip" },
        { "config.json", "{\"a\": 1}"u8.ToArray(), "JSON" },
        { "numbers.txt", "1 2 3 4 5 6 7"u8.ToArray(), "none of the formats" },
        { "plain.pkl", new PickleBuilder().Op('}').Done(), "not one that torch.save wrote" },
        { "short.safetensors", [1, 2, 3], "3 bytes" },
    };

    [Theory, MemberData(nameof(Strangers))]
    public void A_file_that_is_something_else_is_told_what_it_is(string name, byte[] content, string said)
    {
        var path = Put(name, content);
        var e = Assert.Throws<CheckpointException>(() => StateDict.Open(path));
        Assert.Equal(path, e.File);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_content_counts_and_not_the_extension()
    {
        using var pickle = StateDict.Open(Put("model.safetensors", File.ReadAllBytes(Reference.Path("model_tiny/d1_hf_quickgelu_eos2/pytorch_model.bin"))));
        using var tensors = StateDict.Open(Put("renamed.pt", File.ReadAllBytes(Reference.Path("model_tiny/d1_hf_quickgelu_eos2/model.safetensors"))));
        Assert.NotEmpty(pickle.Tensors);
        Assert.NotEmpty(tensors.Tensors);
    }

    [Fact]
    public void A_folder_gives_its_best_known_weight_file()
    {
        foreach (var name in new[] { "other.pt", "open_clip_pytorch_model.bin", "pytorch_model.bin", "model.safetensors.index.json", "open_clip_model.safetensors", "model.safetensors" })
            Assert.Equal(Put(name, []), CheckpointFolder.FindWeights(_folder));
    }

    [Fact]
    public void A_folder_with_several_unusual_names_lists_them()
    {
        Put("b.safetensors", []);
        Put("a.pt", []);
        Put("notes.txt", []);
        var message = Assert.Throws<CheckpointException>(() => StateDict.Open(_folder)).Message;
        Assert.Contains("a.pt, b.safetensors", message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "a.pt"));
        Assert.Equal(Path.Combine(_folder, "b.safetensors"), CheckpointFolder.FindWeights(_folder));
    }

    [Fact]
    public void A_path_that_is_not_there_and_a_folder_without_weights_are_named()
    {
        Assert.Contains("no such file", Assert.Throws<CheckpointException>(() => StateDict.Open(Path.Combine(_folder, "none.pt"))).Message, StringComparison.Ordinal);
        Assert.Contains("holds no weights", Assert.Throws<CheckpointException>(() => StateDict.Open(_folder)).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => StateDict.Open(""));
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}""", "shard '2.safetensors' is not in its folder")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","z":"1.safetensors"}}""", "tensor 'z' is not in shard '1.safetensors'")]
    [InlineData("""{"weight_map":{"a":"1.safetensors"}}""", "holds tensor 'b', which the index does not list")]
    [InlineData("""{"weight_map":{"a":"../1.safetensors"}}""", "'a' is placed in")]
    [InlineData("""{"weight_map":{"a":7}}""", "'a' is placed in 7")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","a":"1.safetensors"}}""", "'a' twice")]
    [InlineData("""{"weight_map":{}}""", "no tensor")]
    [InlineData("""{"weights":{}}""", "without a weight_map")]
    [InlineData("""{"weight_map":""", "not valid JSON")]
    public void An_index_that_does_not_fit_its_shards_is_refused(string index, string said)
    {
        Safetensors.Write(Path.Combine(_folder, "1.safetensors"), [("a", TensorType.UInt8, [1], new byte[1]), ("b", TensorType.UInt8, [1], new byte[1])]);
        var path = Put("model.safetensors.index.json", Encoding.UTF8.GetBytes(index));
        var e = Assert.Throws<CheckpointException>(() => StateDict.Open(_folder));
        Assert.Equal(path, e.File);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    private string Put(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
