using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Shards;

/// <summary>Shards are made once, whole, and the same whoever makes them.</summary>
public sealed class ShardTests : IDisposable
{
    private readonly ShardFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Stop => ShardFolder.Stop;

    private static void Says(Exception e, params string[] words) => Assert.All(words, w => Assert.Contains(w, e.Message, StringComparison.Ordinal));

    [Fact]
    public async Task Merged_shards_are_the_features_in_the_manifest_s_order_without_broken_pictures()
    {
        var merged = (await _folder.All("shards")).Merge(Stop);
        string[] good = [.. Directory.EnumerateFiles(_folder.Photos).Where(f => !f.EndsWith($"{ShardFolder.Broken:00}.ppm", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal((good.Length, _folder.Model.Dimension), (merged.Count, merged.Dimension));
        Assert.Equal(good, merged.Rows.Select(r => r.File));
        foreach (var (file, features) in merged.Rows) // batches of another size may round otherwise
            Assert.All(_folder.Clip.EncodeImage(file).Row(0).ToArray().Zip(features.ToArray()), p => Assert.Equal(p.First, p.Second, 1e-5f));
        var broken = Assert.Single(merged.Quarantined);
        Assert.Equal(Path.Combine(_folder.Photos, $"{ShardFolder.Broken:00}.ppm"), broken.File);
    }

    [Fact]
    public async Task A_broken_picture_goes_into_the_quarantine_of_its_shard_alone()
    {
        var shards = await _folder.All("shards");
        Assert.Equal([1], Enumerable.Range(0, ShardFolder.Shards).Where(s => File.Exists(shards.QuarantineOf(s))));
        var line = Assert.Single(File.ReadAllLines(shards.QuarantineOf(1)));
        Assert.StartsWith($$"""{"file":"{{ShardFolder.Broken:00}}.ppm","error":"this is """, line);
        Assert.Equal((3, 1), (shards.Look(1, Stop).Rows, shards.Look(1, Stop).Quarantined.Count));
    }

    [Fact]
    public async Task A_whole_shard_is_left_alone_and_its_quarantine_is_tried_again_where_that_is_asked_for()
    {
        var shards = await _folder.All("shards");
        var before = _folder.Content("shards");
        File.Delete(shards.QuarantineOf(1)); // a kill between the two files
        Assert.True((await _folder.Embed("shards", 1)).WasThere);
        Assert.Equal(before, _folder.Content("shards"));

        File.WriteAllText(Path.Combine(_folder.Photos, $"{ShardFolder.Broken:00}.ppm"), "P6 1 1 1\n");
        _folder.Picture(ShardFolder.Broken, 1); // another size than the manifest's, still
        var again = await _folder.Embed("shards", 1, retry: true);
        Assert.Equal((false, "it has pictures in quarantine"), (again.WasThere, again.Replaced));
        Assert.Contains("and the manifest says 10", Assert.Single(again.State.Quarantined).Reason);
        var now = EmbeddingManifest.Create([.. Directory.EnumerateFiles(_folder.Photos).Order(StringComparer.Ordinal)], shards: ShardFolder.Shards, cancellationToken: Stop);
        Assert.Empty((await _folder.Embed("now", 1, manifest: now)).State.Quarantined);
        Assert.Single(_folder.Content("now"));
    }

    [Fact]
    public async Task Whatever_a_killed_worker_left_the_next_one_makes_the_same_bytes()
    {
        await _folder.All("whole");
        var whole = _folder.Content("whole");
        var (file, list) = (Path.GetFileName(_folder.In("x").FileOf(1)), Path.GetFileName(_folder.In("x").QuarantineOf(1)));
        var bytes = File.ReadAllBytes(_folder.In("whole").FileOf(1));
        byte[] Flipped(int at) => [.. bytes[..at], (byte)(bytes[at] ^ 1), .. bytes[(at + 1)..]];
        byte[]?[] targets = [null, [], bytes[..7], bytes[..(bytes.Length / 2)], bytes[..^1], [.. bytes, 0], Flipped(9), Flipped(bytes.Length / 2), Flipped(bytes.Length - 1), bytes, File.ReadAllBytes(_folder.In("whole").FileOf(0))];
        foreach (var (i, target) in targets.Index())
        {
            foreach (var part in (int[])[-1, 0, bytes.Length / 3, bytes.Length])
            {
                var folder = $"killed-{i}-{part}";
                string At(string name) => _folder[Path.Combine(folder, name)];
                Directory.CreateDirectory(_folder[folder]);
                if (target is not null) File.WriteAllBytes(At(file), target);
                if (part >= 0) File.WriteAllBytes(At($"{file}.{Guid.NewGuid():N}.part"), bytes[..part]);
                if (part > 0) File.WriteAllText(At(list), "of another run");
                if (part > 0) File.WriteAllText(At($"{list}.{Guid.NewGuid():N}.part"), "");
                var result = await _folder.Embed(folder, 1);
                Assert.Equal(target == bytes, result.WasThere);
                Assert.Equal(target is null || target == bytes, result.Replaced is null);
                Assert.Equal(whole.Where(f => f.Key == file || f.Key == list), _folder.Content(folder));
            }
        }
    }

    [Fact]
    public async Task Two_workers_on_one_shard_end_in_its_bytes_and_leave_nothing_else()
    {
        var whole = (await _folder.All("whole")).FileOf(1);
        var expected = _folder.Content("whole").Where(f => f.Key.StartsWith(Path.GetFileNameWithoutExtension(whole), StringComparison.Ordinal));
        foreach (var round in Enumerable.Range(0, 10))
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => _folder.Embed($"two-{round}", 1))));
            Assert.All(results, r => Assert.Equal(ShardCondition.Whole, r.State.Condition));
            Assert.Equal(expected, _folder.Content($"two-{round}"));
        }
    }

    [Fact]
    public async Task A_stopped_worker_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _folder.In("shards").EmbedAsync(0, _folder.Clip, _folder.Model, progress: new Told(_ => stop.Cancel()), cancellationToken: stop.Token));
        Assert.Empty(_folder.Content("shards"));
    }

    [Fact]
    public async Task A_shard_of_another_model_is_made_anew_and_two_models_are_not_merged()
    {
        var shards = await _folder.All("shards");
        var other = _folder.Model with { Fingerprint = "f00d" };
        Assert.Contains("it is of another model", (await _folder.Embed("shards", 2, model: other)).Replaced);
        Says(Assert.Throws<SearchException>(() => shards.Merge(Stop)), "shard 2 is of the model f00d natural fp32", "make all shards with one model");
        Assert.Equal(2, Enumerable.Range(0, ShardFolder.Shards).Select(s => shards.Look(s, Stop).Model).Distinct().Count());
    }

    [Fact]
    public async Task What_is_missing_damaged_or_another_s_is_named()
    {
        var shards = await _folder.All("shards");
        File.WriteAllBytes(shards.FileOf(0), File.ReadAllBytes(shards.FileOf(0))[..^5]);
        Assert.Equal(ShardCondition.Damaged, shards.Look(0, Stop).Condition);
        File.Copy(shards.FileOf(2), shards.FileOf(1), overwrite: true);
        Assert.Equal((ShardCondition.Foreign, "it says shard 2/3, and 1/3 belongs here"), (shards.Look(1, Stop).Condition, shards.Look(1, Stop).Reason));
        File.Delete(shards.FileOf(2));
        Assert.Equal(ShardCondition.Missing, shards.Look(2, Stop).Condition);
        Says(Assert.Throws<SearchException>(() => shards.Merge(Stop)), Path.GetFileName(shards.FileOf(0)), "shard 0 of 3 is not whole", "and 2 more", "--shard 0/3");
        Says(Assert.Throws<SearchException>(() => shards.Look(3, Stop)), "0 to 2");
    }

    [Fact]
    public async Task A_folder_with_shards_of_another_manifest_is_refused()
    {
        await _folder.All("shards");
        var other = EmbeddingManifest.Create([.. Directory.EnumerateFiles(_folder.Photos).Order(StringComparer.Ordinal)], shards: 2, cancellationToken: Stop);
        var before = _folder.Content("shards");
        Says(await Assert.ThrowsAsync<SearchException>(() => _folder.Embed("shards", 0, manifest: other)), _folder["shards"], "shards of another manifest", "Name another folder");
        Says(Assert.Throws<SearchException>(() => _folder.In("shards", other).Merge(Stop)), "shards of another manifest");
        Assert.Equal(3, _folder.In("shards", other).Foreign().Count);
        Assert.Equal(before, _folder.Content("shards"));
    }

    [Fact]
    public async Task Pictures_that_are_others_than_the_manifest_says_are_seen_by_size_and_by_digest()
    {
        var digests = EmbeddingManifest.Create([.. Directory.EnumerateFiles(_folder.Photos).Order(StringComparer.Ordinal)], shards: 1, digests: true, cancellationToken: Stop);
        var shards = _folder.In("shards", digests);
        await _folder.Embed("shards", 0, manifest: digests);
        Assert.Empty(shards.Changed([shards.Look(0, Stop)], content: true, cancellationToken: Stop));
        _folder.Picture(3, 200); // the same size
        File.AppendAllText(Path.Combine(_folder.Photos, "04.ppm"), " ");
        File.Delete(Path.Combine(_folder.Photos, "06.ppm"));
        string[] Names(bool content) => [.. shards.Changed([shards.Look(0, Stop)], content, cancellationToken: Stop).Select(f => Path.GetFileName(f.File))];
        Assert.Equal(["04.ppm", "06.ppm"], Names(content: false));
        Assert.Equal(["03.ppm", "04.ppm", "06.ppm"], Names(content: true));

        var late = await _folder.Embed("late", 0, manifest: digests);
        Assert.Equal(["03.ppm", "04.ppm", "05.ppm", "06.ppm"], late.State.Quarantined.Select(q => Path.GetFileName(q.File)));
        Assert.Contains("another than the manifest's digest says", late.State.Quarantined[0].Reason);
        Assert.Contains("no such file", late.State.Quarantined[3].Reason);
        Assert.Empty(_folder.In("late", digests).Changed([late.State], content: true, cancellationToken: Stop));
    }

    [Fact]
    public async Task A_root_that_is_not_there_is_no_fault_of_its_pictures()
    {
        Directory.Move(_folder.Photos, _folder["elsewhere"]);
        Says(await Assert.ThrowsAsync<SearchException>(() => _folder.Embed("shards", 0)), _folder.Photos, "no such folder", "--root");
        Assert.False(Directory.Exists(_folder["shards"]));
        _folder.Manifest.Write(_folder["m.json"]);
        Assert.Empty((await _folder.Embed("shards", 0, manifest: EmbeddingManifest.Read(_folder["m.json"], _folder["elsewhere"]))).State.Quarantined);
    }

    [Fact]
    public async Task The_place_of_the_pictures_is_not_in_the_shards_bytes()
    {
        await _folder.All("shards");
        Directory.Move(_folder.Photos, _folder["elsewhere"]);
        _folder.Manifest.Write(_folder["m.json"]);
        var there = EmbeddingManifest.Read(_folder["m.json"], _folder["elsewhere"]);
        foreach (var s in Enumerable.Range(0, ShardFolder.Shards)) await _folder.Embed("others", s, manifest: there);
        Assert.Equal(_folder.Content("shards"), _folder.Content("others"));
    }

    [Fact]
    public void Another_number_of_patches_is_another_manner()
    {
        using var clip = Clip.Open(Reference.Path("zoo/siglip2_naflex/model.safetensors"));
        string Manner(int? patches) => GalleryModel.Of(clip, null, new ClipOptions { MaxPatches = patches }, Stop).Manner;
        Assert.Equal("natural fp32", Manner(null));
        Assert.Equal("natural fp32", Manner(clip.Spec.Preprocess.Patches!.MaxPatches));
        Assert.Equal("natural 9 patches fp32", Manner(9));
    }

    private sealed class Told(Action<int> tell) : IProgress<int>
    {
        public void Report(int value) => tell(value);
    }
}
