using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using NClip.Checkpoints;
using Parquet;
using Xunit;

namespace NClip.Tests.Cli;

public sealed class EmbedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string[] _pictures = [Call.Sample("rocket.jpg"), Call.Sample("chelsea.png")];

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task<Call> Embed(string what, params string[] more) => Call.Nclip(["embed", what, .. more, "--model", Call.Model]);

    private static float[] Expected(Func<Clip, Matrix> encode)
    {
        using var clip = Clip.Open(Call.Model);
        return encode(clip).Values.ToArray();
    }

    private string[] Sources(string file, string member) => [.. File.ReadAllLines(_folder[file]).Select(l => JsonDocument.Parse(l).RootElement.GetProperty(member).GetString()!)];

    [Fact]
    public async Task Npy_holds_the_features_in_the_order_of_the_inputs()
    {
        var r = await Embed("images", [.. _pictures, "-o", _folder["x.npy"]]);
        Assert.Equal((0, "", ""), (r.Code, r.Output, r.Error));
        var bytes = await File.ReadAllBytesAsync(_folder["x.npy"], Stop);
        var expected = Expected(c => c.EncodeImage(_pictures));
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        Assert.StartsWith($"{{'descr': '<f4', 'fortran_order': False, 'shape': (2, {expected.Length / 2}), }}", Encoding.ASCII.GetString(bytes, 10, 118));
        Assert.Equal((byte)'\n', bytes[127]);
        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(128)).ToArray());
        Assert.Equal(_pictures, Sources("x.npy.rows.jsonl", "file"));
        Assert.False(File.Exists(_folder["x.npy.errors.jsonl"]));
    }

    [Fact]
    public async Task Safetensors_holds_one_tensor()
    {
        Assert.Equal(0, (await Embed("texts", "a cat", "a dog", "-o", _folder["x.safetensors"])).Code);
        using var x = StateDict.Open(_folder["x.safetensors"]);
        var t = Assert.Single(x.Tensors).Value;
        Assert.Equal(("text_features", 2L), (t.Name, t.Shape[0]));
        Assert.Equal(Expected(c => c.EncodeText("a cat", "a dog")), t.ToFloat32());
        Assert.Equal(["a cat", "a dog"], Sources("x.safetensors.rows.jsonl", "text"));
    }

    [Fact]
    public async Task Parquet_has_a_column_for_the_source_and_one_of_vectors()
    {
        Assert.Equal(0, (await Embed("images", [.. _pictures, "-o", _folder["x.parquet"]])).Code);
        await using var reader = await ParquetReader.CreateAsync(_folder["x.parquet"], cancellationToken: Stop);
        using var group = reader.OpenRowGroupReader(0);
        var fields = reader.Schema.DataFields;
        Assert.Equal(["file", "vector/list/element"], fields.Select(f => f.Path.ToString()));
        var files = new string?[2];
        await group.ReadAsync(fields[0], files.AsMemory(), cancellationToken: Stop);
        Assert.Equal(_pictures, files);
        var expected = Expected(c => c.EncodeImage(_pictures));
        var (vectors, present, starts) = (new float[expected.Length], new int[expected.Length], new int[expected.Length]);
        await group.ReadRawAsync<float>(fields[1], vectors.AsMemory(), present.AsMemory(), starts.AsMemory(), Stop);
        Assert.Equal(expected, vectors);
        Assert.Equal(2, starts.Count(s => s == 0));
    }

    [Fact]
    public async Task Normalize_gives_rows_of_length_one()
    {
        Assert.Equal(0, (await Embed("texts", "a cat", "-o", _folder["x.safetensors"], "--normalize")).Code);
        using var x = StateDict.Open(_folder["x.safetensors"]);
        Assert.Equal(1, x.Tensors["text_features"].ToFloat32().Sum(v => v * v), 5);
    }

    [Fact]
    public async Task Failed_pictures_are_named_in_a_file_and_the_others_have_their_rows()
    {
        var bad = _folder.Write("bad.png", "no picture");
        var r = await Embed("images", _pictures[0], bad, "missing.jpg", _pictures[1], "-o", _folder["x.npy"]);
        Assert.Equal((1, 2), (r.Code, r.ErrorLines.Length));
        Assert.Equal(_pictures, Sources("x.npy.rows.jsonl", "file"));
        Assert.Equal([bad, "missing.jpg"], Sources("x.npy.errors.jsonl", "file").Order(StringComparer.Ordinal));
        Assert.All(Sources("x.npy.errors.jsonl", "error"), e => Assert.NotEmpty(e));
    }

    [Fact]
    public async Task Texts_of_a_file_keep_their_ids_and_one_that_is_too_long_has_no_row()
    {
        var longText = string.Join(' ', Enumerable.Repeat("cat", 100));
        var input = _folder.Write("in.jsonl", $$"""
            {"id": 5, "text": "a cat"}
            {"id": "long", "text": "{{longText}}"}
            {"id": 7, "text": "a dog"}
            {"id": 8}
            """);
        var r = await Embed("texts", "--input", input, "-o", _folder["x.npy"]);
        Assert.Equal((1, 2), (r.Code, r.ErrorLines.Length));
        Assert.Equal(["""{"row":0,"id":5,"text":"a cat"}""", """{"row":1,"id":7,"text":"a dog"}"""], await File.ReadAllLinesAsync(_folder["x.npy.rows.jsonl"], Stop));
        Assert.Equal(["8", "\"long\""], File.ReadAllLines(_folder["x.npy.errors.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetRawText()).OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_outputs_of_one_base_name_have_their_own_rows()
    {
        Assert.Equal(0, (await Embed("images", [.. _pictures, "-o", _folder["x.npy"]])).Code);
        Assert.Equal(0, (await Embed("texts", "a cat", "-o", _folder["x.safetensors"])).Code);
        Assert.Equal(_pictures, Sources("x.npy.rows.jsonl", "file"));
        Assert.Equal(["a cat"], Sources("x.safetensors.rows.jsonl", "text"));
    }
}
