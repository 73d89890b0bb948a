using System.Text;
using NClip.Cli.Embedding;
using Xunit;

namespace NClip.Tests.Cli;

public sealed class JournalTests : IDisposable
{
    private static readonly byte[] _owner = new byte[32], _other = [.. Enumerable.Repeat((byte)1, 32)];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Target => _folder["x.npy"];

    private static byte[] Inputs(int batch) => [.. Enumerable.Repeat((byte)(batch + 2), 32)];

    private static Outcome[] Batch(int n) => [new(new("\"id\"", $"a {n}"), new float[] { n, 0.1f }, null), new(new(null, $"b {n}"), default, "broken")];

    private Journal Open(byte[]? owner = null) => new(Target, () => owner ?? _owner, dimension: 2);

    private void Write(int batches)
    {
        using var journal = Open();
        for (var i = 0; i < batches; i++) journal.Append(Inputs(i), Batch(i));
    }

    private static int Taken(Journal journal)
    {
        var n = 0;
        while (journal.TryTake(Inputs(n), out var outcomes))
        {
            Assert.Equal(Shown(Batch(n)), Shown(outcomes));
            n++;
        }
        return n;
    }

    private static string[] Shown(IEnumerable<Outcome> outcomes) => [.. outcomes.Select(o => $"{o.Source} {string.Join(' ', o.Values.ToArray())} {o.Error}")];

    [Fact]
    public void What_was_appended_is_taken_again_in_its_order()
    {
        Write(3);
        using var journal = Open();
        Assert.Equal(3, Taken(journal));
        Assert.Equal((6, 3), (journal.Inputs, journal.Rows));
        Assert.Equal(Shown([.. Batch(0), .. Batch(1), .. Batch(2)]), Shown(journal.Outcomes()));
    }

    [Fact]
    public void Where_the_inputs_are_others_it_ends()
    {
        Write(3);
        using var journal = Open();
        Assert.True(journal.TryTake(Inputs(0), out _));
        Assert.False(journal.TryTake(Inputs(7), out _));
        Assert.True(journal.Cut());
        journal.Append(Inputs(7), Batch(7));
        Assert.Equal(Shown([.. Batch(0), .. Batch(7)]), Shown(journal.Outcomes()));
    }

    [Fact]
    public void Work_of_another_model_is_not_used()
    {
        Write(2);
        using (var journal = Open(_other))
        {
            Assert.True(journal.WasAnothers);
            Assert.Equal(0, Taken(journal));
        }
        Assert.False(File.Exists(Target + ".journal"));
    }

    [Theory]
    [InlineData(-1, 2)] // the last record is cut
    [InlineData(40, 0)] // the first is
    public void A_record_that_was_cut_ends_it(int length, int taken)
    {
        Write(3);
        using (var file = new FileStream(Target + ".journal", FileMode.Open)) file.SetLength(length < 0 ? file.Length + length : length);
        using var journal = Open();
        Assert.Equal(taken, Taken(journal));
    }

    [Fact]
    public void A_record_with_a_flipped_bit_ends_it()
    {
        Write(3);
        var bytes = File.ReadAllBytes(Target + ".journal");
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(Target + ".journal", bytes);
        using var journal = Open();
        Assert.Equal(1, Taken(journal));
    }

    [Fact]
    public void Whose_work_it_is_is_not_asked_for_one_batch_that_is_completed()
    {
        using (var journal = new Journal(Target, () => throw new InvalidOperationException(), dimension: 2))
        {
            journal.Append(Inputs(0), Batch(0));
            journal.Complete();
        }
        Write(1);
        using var again = Open();
        Assert.Equal((false, 1), (again.WasAnothers, Taken(again)));
    }

    [Fact]
    public void It_goes_when_the_work_is_complete_and_when_there_is_none()
    {
        Write(0);
        Assert.False(File.Exists(Target + ".journal"));
        Write(1);
        Assert.True(File.Exists(Target + ".journal"));
        using (var journal = Open())
        {
            Taken(journal);
            journal.Complete();
        }
        Assert.False(File.Exists(Target + ".journal"));
    }

    [Fact]
    public void Two_processes_do_not_write_one_file()
    {
        using var journal = Open();
        Assert.Contains("another process writes it", Assert.Throws<NClip.Cli.UsageException>(() => Open()).Message);
    }

    [Fact]
    public async Task A_stopped_run_says_what_it_keeps_and_the_same_command_ends_in_the_bytes_of_one_run()
    {
        string[] texts = [.. Enumerable.Range(0, 9).Select(i => i == 1 ? string.Join(' ', Enumerable.Repeat("cat", 100)) : $"a photo of {i} cats")];
        string[] Arguments(string name) => ["embed", "texts", "--input", "-", "-o", _folder[name], "--batch", "2", "--model", Call.Model];

        using var stop = new CancellationTokenSource();
        var stopped = await Call.Run(Arguments("x.npy"), () => new Lines(texts, 6, stop.Cancel), stop: stop.Token);
        Assert.Equal(130, stopped.Code);
        Assert.Contains($"stopped; 6 texts are kept in {Target}.journal. The same command goes on there", stopped.ErrorLines[^1]);
        Assert.Equal(["x.npy.journal"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));

        var again = await Call.Run(Arguments("x.npy"), () => new Lines(texts, -1, () => { }));
        Assert.Equal(1, again.Code);
        Assert.Contains("going on behind 6 texts", again.Error);
        var undisturbed = await Call.Run(Arguments("y.npy"), () => new Lines(texts, -1, () => { }));
        Assert.Equal(1, undisturbed.Code);
        Assert.Single(undisturbed.ErrorLines);
        foreach (var file in (string[])["", ".rows.jsonl", ".errors.jsonl"]) Assert.Equal(File.ReadAllBytes(_folder["y.npy" + file]), File.ReadAllBytes(_folder["x.npy" + file]));
        Assert.Equal(6, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public async Task Pictures_that_changed_meanwhile_are_computed_again()
    {
        string[] files = [.. Enumerable.Range(0, 3).Select(i => { File.Copy(Call.Sample("rocket.jpg"), _folder[$"{i}.jpg"]); return _folder[$"{i}.jpg"]; })];
        Task<Call> Embed(params string[] more) => Call.Nclip(["embed", "images", .. files, "-o", Target, "--batch", "1", "--model", Call.Model, .. more]);
        Directory.CreateDirectory(Target + ".rows.jsonl"); // nothing can be written under that name: the run fails at its end
        var failed = await Embed();
        Assert.Equal(1, failed.Code);
        Assert.Contains("this is a folder. Name a file. Nothing is lost: 3 of 3 pictures are kept", Assert.Single(failed.ErrorLines));
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), f => f.EndsWith(".part", StringComparison.Ordinal));
        Directory.Delete(Target + ".rows.jsonl");

        File.Copy(Call.Sample("coffee.png"), files[1], overwrite: true);
        var r = await Embed();
        Assert.Equal(0, r.Code);
        Assert.Contains("going on behind 1 pictures", r.ErrorLines[0]);
        Assert.Contains("from there on is of other pictures and is not used", r.ErrorLines[1]);
        var rows = await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await Embed()).Code);
        Assert.Equal(await File.ReadAllBytesAsync(Target, TestContext.Current.CancellationToken), rows);
    }

    [Fact]
    public async Task Another_call_begins_anew_and_says_so()
    {
        Task<Call> Embed(params string[] more) => Call.Nclip(["embed", "images", Call.Sample("rocket.jpg"), "-o", Target, "--model", Call.Model, .. more]);
        Directory.CreateDirectory(Target + ".rows.jsonl");
        Assert.Equal(1, (await Embed()).Code);
        Directory.Delete(Target + ".rows.jsonl");
        var r = await Embed("--image-policy", "reference");
        Assert.Equal(0, r.Code);
        Assert.Contains("is of another call", Assert.Single(r.ErrorLines));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.journal"));
    }

    [Fact]
    public async Task A_model_with_one_other_weight_in_the_middle_of_a_tensor_begins_anew()
    {
        var weights = _folder["model.safetensors"];
        File.Copy(Call.Model, weights);
        Task<Call> Embed() => Call.Nclip(["embed", "images", Call.Sample("rocket.jpg"), "-o", Target, "--model", weights]);
        Directory.CreateDirectory(Target + ".rows.jsonl");
        Assert.Equal(1, (await Embed()).Code);
        using (var file = File.OpenWrite(weights))
        {
            file.Position = file.Length / 2;
            file.WriteByte(1);
        }
        File.SetLastWriteTimeUtc(weights, File.GetLastWriteTimeUtc(weights).AddSeconds(1));
        Directory.Delete(Target + ".rows.jsonl");
        Assert.Contains("is of another call", Assert.Single((await Embed()).ErrorLines));
    }

    /// <summary>Lines that come one at a time; before one of them something happens.</summary>
    private sealed class Lines(string[] lines, int at, Action before) : MemoryStream
    {
        private int _next;

        public override int Read(Span<byte> buffer)
        {
            if (_next == lines.Length) return 0;
            if (_next == at) before();
            return Encoding.UTF8.GetBytes(lines[_next++] + "\n", buffer);
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
