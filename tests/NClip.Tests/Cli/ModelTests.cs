using NClip.Inference;
using Xunit;

namespace NClip.Tests.Cli;

public sealed class ModelTests
{
    private static readonly string _case = Reference.Path("model_tiny/a_openai_vit");

    [Fact]
    public async Task Info_gives_towers_sizes_and_pipelines()
    {
        var r = await Call.Nclip("model", "info", "--model", Path.Combine(_case, "model_f32.safetensors"), "--json");
        Assert.Equal((0, ""), (r.Code, r.Error));
        var i = Assert.Single(r.Json);
        Assert.Equal((32, 16, 200, "softmax"), (i.GetProperty("dimensions").GetInt32(), i.GetProperty("context").GetInt32(), i.GetProperty("vocabulary").GetInt32(), i.GetProperty("logits").GetString()));
        Assert.Equal((32, "shortest", "bicubic"), (i.GetProperty("preprocess").GetProperty("width").GetInt32(), i.GetProperty("preprocess").GetProperty("resize").GetString(), i.GetProperty("preprocess").GetProperty("interpolation").GetString()));
        Assert.Contains("ViT", (await Call.Nclip("model", "info", "--model", Path.Combine(_case, "model_f32.safetensors"))).Output);
    }

    [Fact]
    public async Task The_model_may_be_an_argument()
        => Assert.Equal((await Call.Nclip("model", "info", "--model", Call.Model, "--json")).Output, (await Call.Nclip("model", "info", Call.Model, "--json")).Output);

    [Fact]
    public async Task The_fingerprint_is_that_of_the_weights_whatever_the_file()
    {
        async Task<string> Fingerprint(string file) => (await Call.Nclip("model", "info", "--model", Path.Combine(_case, file), "--json")).Json[0].GetProperty("fingerprint").GetString()!;
        var f32 = await Fingerprint("model_f32.safetensors");
        Assert.Equal(32, f32.Length);
        Assert.Equal(f32, await Fingerprint("state_dict.pt"));
        Assert.NotEqual(f32, await Fingerprint("model_f16.safetensors"));
    }

    [Fact]
    public async Task Verify_ends_with_0_where_a_model_equals_the_reference_and_with_1_where_not()
    {
        string[] call = ["model", "verify", "--model", Path.Combine(_case, "model_f32.safetensors"), "--against", Path.Combine(_case, "expected.safetensors")];
        var r = await Call.Nclip([.. call, "--json"]);
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Contains("logits_per_image_f64", r.Json.Select(t => t.GetProperty("tensor").GetString()));
        Assert.All(r.Json, t => Assert.True(t.GetProperty("passed").GetBoolean()));

        var strict = await Call.Nclip([.. call, "--tolerance", "1e-12"]);
        Assert.Equal(1, strict.Code);
        Assert.Contains("DIFFERS", strict.Output);
        Assert.Contains("model_f32.safetensors", Assert.Single(strict.ErrorLines));
    }

    [Fact]
    public async Task Verify_compares_with_published_answers_and_says_what_it_lacks()
    {
        using var temporary = new TemporaryFolder();
        var model = temporary["google/siglip-base-patch16-224"]; // another model under that name
        Directory.CreateDirectory(model);
        File.Copy(Call.Model, Path.Combine(model, "model.safetensors"));
        File.Copy(Path.Combine(Path.GetDirectoryName(Call.Model)!, "open_clip_config.json"), Path.Combine(model, "open_clip_config.json"));
        File.Copy(Call.Sample("chelsea.png"), temporary["000000039769.jpg"]);
        var r = await Call.Nclip("model", "verify", "--model", model, "--published", "--image", temporary["000000039769.jpg"], "--json");
        Assert.Equal(1, r.Code);
        var answer = Assert.Single(r.Json);
        Assert.False(answer.GetProperty("passed").GetBoolean());
        Assert.True(answer.GetProperty("max_deviation").GetDouble() > answer.GetProperty("tolerance").GetDouble());

        (await Call.Nclip("model", "verify", "--model", model, "--published")).AssertRefused(2, "nothing could be compared", "000000039769.jpg");
        (await Call.Nclip("model", "verify", "--model", model, "--against", temporary["x"], "--image", temporary["000000039769.jpg"])).AssertRefused(2, "--image", "--published");
    }

    [Fact]
    public async Task List_gives_every_well_known_name_unbroken_on_a_line_of_its_own()
    {
        var lines = (await Call.Nclip("model", "list")).Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.All(NClip.Hub.KnownModels.All, k => Assert.Contains(k.Name, lines));
    }

    [Fact]
    public async Task An_export_for_transformers_is_the_same_model()
    {
        using var folder = new TemporaryFolder();
        var r = await Call.Nclip("model", "export", "--format", "hf", "--model", Path.Combine(_case, "state_dict.pt"), "--output", folder["exported"]);
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal(folder["exported"], r.Output.TrimEnd());

        async Task<string> Fingerprint(string model) => (await Call.Nclip("model", "info", "--model", model, "--json")).Json[0].GetProperty("fingerprint").GetString()!;
        Assert.Equal(await Fingerprint(Path.Combine(_case, "state_dict.pt")), await Fingerprint(folder["exported"]));
        var verified = await Call.Nclip("model", "verify", "--model", folder["exported"], "--against", Path.Combine(_case, "expected.safetensors"), "--json");
        Assert.Equal((0, ""), (verified.Code, verified.Error));
        Assert.Equal(5, verified.Json.Length);

        (await Call.Nclip("model", "export", "--format", "hf", "--model", Path.Combine(_case, "state_dict.pt"), "--output", folder["exported"])).AssertRefused(2, "exported", "exists already");
        (await Call.Nclip("model", "export", "--format", "hf", "--output", folder["mini"])).AssertRefused(2, "nclip-mini", "a ViT as image tower", "--format onnx");
        Assert.False(Directory.Exists(folder["mini"]));
    }

    [Fact]
    public async Task One_tower_in_int8_embeds_its_inputs_as_the_whole_model_does_and_refuses_the_others()
    {
        using var folder = new TemporaryFolder();
        var model = Path.Combine(_case, "model_f32.safetensors");
        foreach (var towers in (string[])["image", "text"])
        {
            var r = await Call.Nclip("model", "export", model, "--precision", "int8", "--towers", towers, "--output", folder[towers]);
            Assert.Equal((0, ""), (r.Code, r.Error));
        }
        async Task<byte[]> Pictures(params string[] of)
        {
            Assert.Equal(0, (await Call.Nclip(["embed", "images", Call.Sample("chelsea.png"), "-o", folder["x.npy"], .. of])).Code);
            return File.ReadAllBytes(folder["x.npy"]);
        }
        Assert.Equal(await Pictures("--model", model, "--precision", "int8"), await Pictures("--model", folder["image"]));
        (await Call.Nclip("embed", "texts", "a cat", "-o", folder["x.npy"], "--model", folder["image"])).AssertRefused(2, "has no text tower", "image tower alone");
        (await Call.Nclip("embed", "images", Call.Sample("chelsea.png"), "-o", folder["x.npy"], "--model", folder["text"])).AssertRefused(2, "has no image tower", "text tower alone");
        (await Call.Nclip("classify", Call.Sample("chelsea.png"), "--labels", "cat", "--model", folder["text"])).AssertRefused(2, "has no image tower");
        (await Call.Nclip("similarity", Call.Sample("chelsea.png"), "--text", "cat", "--model", folder["image"])).AssertRefused(2, "has no text tower");
        var info = Assert.Single((await Call.Nclip("model", "info", folder["image"], "--no-fingerprint", "--json")).Json);
        Assert.False(info.TryGetProperty("fingerprint", out _));
        Assert.Equal(0, info.GetProperty("text_parameters").GetInt64());
        (await Call.Nclip("model", "export", model, "--precision", "int8", "--format", "onnx", "--output", folder["onnx"])).AssertRefused(2, "--precision and --towers are of --format nclip");
    }

    [Fact]
    public async Task List_says_what_to_choose_and_what_others_have_published()
    {
        var r = await Call.Nclip("model", "list");
        Assert.Contains("What to choose:", r.Output, StringComparison.Ordinal);
        Assert.Contains("ImageNet 63.3 % (open_clip's table)", r.Output, StringComparison.Ordinal);
        var models = (await Call.Nclip("model", "list", "--json")).Json.Where(m => m.TryGetProperty("family", out _)).ToList();
        Assert.All(models, m => Assert.True(m.GetProperty("million_parameters").GetDouble() > 0));
        var largest = models.MaxBy(m => m.TryGetProperty("imagenet", out var share) ? share.GetDouble() : 0);
        Assert.Contains("best quality", largest.GetProperty("for").GetString(), StringComparison.Ordinal);
        Assert.Contains(models, m => m.TryGetProperty("for", out var use) && use.GetString()!.Contains("many languages", StringComparison.Ordinal));
        Assert.Equal("SigLIP", (await Call.Nclip("model", "info", Reference.Path("model_tiny/e1_siglip_gelu/hf"), "--json")).Json[0].GetProperty("family").GetString());
    }

    [Fact]
    public async Task List_names_well_known_models() => Assert.Contains("ViT-B/32", (await Call.Nclip("model", "list", "--json")).Json.Select(m => m.GetProperty("name").GetString()));

    [Fact]
    public async Task Doctor_finds_the_native_libraries()
    {
        var r = await Call.Nclip("doctor", "--json");
        Assert.Equal((0, ""), (r.Code, r.Error));
        foreach (var subject in (string[])["ONNX Runtime", "SkiaSharp", "Magick.NET"])
            Assert.Equal("ok", r.Json.First(f => f.GetProperty("subject").GetString() == subject).GetProperty("state").GetString());
        Assert.Contains("nothing", r.Json.Single(f => f.GetProperty("subject").GetString() == "sent").GetProperty("found").GetString());
        Assert.Contains("journal", r.Json.Single(f => f.GetProperty("subject").GetString() == "stored").GetProperty("found").GetString());
        Assert.StartsWith(WeightCacheFile.DefaultFolder(), r.Json.Single(f => f.GetProperty("subject").GetString() == "converted weights").GetProperty("found").GetString());
    }

    [Fact]
    public async Task Bench_measures_each_setting()
    {
        var r = await Call.Nclip("bench", "--model", Path.Combine(_case, "model_f32.safetensors"), "--batch", "1,4", "--threads", "1", "--precision", "fp32", "--seconds", "0", "--json");
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal([1, 4], r.Json.Where(j => j.TryGetProperty("batch", out _)).Select(j => j.GetProperty("batch").GetInt32()));
        Assert.True(Assert.Single(r.Json, j => j.TryGetProperty("process_bytes", out _)).GetProperty("process_bytes").GetInt64() > 10_000_000);
        Assert.All(r.Json.Where(j => j.TryGetProperty("batch", out _)), j => Assert.True(j.GetProperty("images_per_second").GetDouble() > 0 && j.GetProperty("texts_per_second").GetDouble() > 0));
    }
}
