using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using NClip.Cli.Output;

namespace NClip.Cli.Embedding;

/// <summary>
/// X.journal beside the features X: what is done so far, a record a batch, so that a run that was stopped goes on where it was.
/// The file begins with whose work it is (model and options; zeros until that is known); a record is its length, the first 8 bytes of the SHA-256 of the rest,
/// the digest of the batch's inputs, and their outcomes. A record that was cut, or whose digest is another, ends the file.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const int Digest = 32, Check = 8, Head = sizeof(int) + Check;

    private readonly DiskStream _file;
    private readonly int _dimension;
    private readonly Lazy<byte[]> _owner;
    private long _end; // of the last record that counts
    private bool _done, _owned;

    /// <param name="target">The file of features that it is for.</param>
    /// <param name="owner">Gives the digest [32] of all that decides the features but the inputs. It reads from every tensor, so that it is asked only where there is a file already, at the second batch, and when something is kept.</param>
    /// <param name="dimension">D.</param>
    /// <exception cref="UsageException">It cannot be written, or another process works on it.</exception>
    public Journal(string target, Func<byte[]> owner, int dimension)
    {
        (Path, _owner, _dimension) = ($"{target}.journal", new(owner), dimension);
        if (Directory.Exists(target)) throw new UsageException($"{target}: this is a folder. Name a file.");
        try { _file = new DiskStream(target, new FileStream(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0)); }
        catch (IOException e) when (File.Exists(Path)) { throw new UsageException($"{target}: another process writes it now ({Path} is in use). Wait for it, or name another file.", e); }
        catch (Exception e) when (DiskStream.IsRefusal(e)) { throw new UsageException(DiskStream.Message(target, e), e); }
        try { Begin(); }
        catch { Dispose(); throw; }
    }

    /// <summary>Its file.</summary>
    public string Path { get; }

    /// <summary>Whether it was there, with the work of another model or other options; that is gone now.</summary>
    public bool WasAnothers { get; private set; }

    /// <summary>Inputs that are done.</summary>
    public int Inputs { get; private set; }

    /// <summary>Those of them that have features.</summary>
    public int Rows { get; private set; }

    /// <summary>Whether the next record was there when the journal was opened and is of these inputs; it then counts as done.</summary>
    public bool TryTake(byte[] inputs, [NotNullWhen(true)] out Outcome[]? outcomes)
    {
        outcomes = null;
        if (ReadRecord(_end) is not { } record || !record.AsSpan(0, Digest).SequenceEqual(inputs)) return false;
        outcomes = Parse(record);
        Count(outcomes, record.Length);
        return true;
    }

    /// <summary>What comes behind the records that were taken is of other inputs, or was cut: it is forgotten.</summary>
    /// <returns>Whether there was something.</returns>
    public bool Cut()
    {
        var more = _file.Length > _end;
        if (more) _file.SetLength(_end);
        return more;
    }

    /// <summary>Appends a batch.</summary>
    public void Append(byte[] inputs, Outcome[] outcomes)
    {
        using var record = new MemoryStream();
        using (var w = new BinaryWriter(record, Encoding.UTF8, leaveOpen: true))
        {
            w.Write(new byte[Head]);
            w.Write(inputs);
            w.Write(outcomes.Length);
            foreach (var o in outcomes) o.Write(w);
        }
        var bytes = record.GetBuffer().AsSpan(0, (int)record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - Head);
        SHA256.HashData(bytes[Head..]).AsSpan(0, Check).CopyTo(bytes[sizeof(int)..]);
        if (Inputs > 0) Own();
        _file.Position = _end;
        _file.Write(bytes);
        Count(outcomes, bytes.Length - Head);
    }

    /// <summary>All that is done, in order.</summary>
    public IEnumerable<Outcome> Outcomes()
    {
        for (var at = (long)Digest; at < _end;)
        {
            var record = ReadRecord(at) ?? throw new ClipException($"{Path}: damaged at byte {at} while it was in use. Delete it and run the command again.");
            at += Head + record.Length;
            foreach (var o in Parse(record)) yield return o;
        }
    }

    /// <summary>The features are in their file: the journal goes.</summary>
    public void Complete() => _done = true;

    /// <summary>Keeps what is done, if anything is.</summary>
    public void Dispose()
    {
        var keep = !_done && Inputs > 0;
        if (keep)
        {
            Cut(); // a record that found no room
            Own();
        }
        _file.Dispose();
        if (!keep) File.Delete(Path);
    }

    private void Begin()
    {
        var head = new byte[Digest];
        var length = _file.ReadAtLeast(head, Digest, throwOnEndOfStream: false);
        _end = Digest;
        _owned = length == Digest && head.AsSpan().SequenceEqual(_owner.Value);
        if (_owned) return;
        WasAnothers = length > 0;
        _file.SetLength(0);
        _file.Position = 0;
        _file.Write(new byte[Digest]); // nobody's
    }

    private void Own()
    {
        if (_owned) return;
        _file.Position = 0;
        _file.Write(_owner.Value);
        _owned = true;
    }

    private void Count(Outcome[] outcomes, int length)
    {
        Inputs += outcomes.Length;
        Rows += outcomes.Count(o => o.Error is null);
        _end += Head + length;
    }

    private byte[]? ReadRecord(long at)
    {
        if (at + Head + Digest > _file.Length) return null;
        var head = new byte[Head];
        _file.Position = at;
        _file.ReadExactly(head);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length < Digest || at + Head + length > _file.Length) return null;
        var record = new byte[length];
        _file.ReadExactly(record);
        return SHA256.HashData(record).AsSpan(0, Check).SequenceEqual(head.AsSpan(sizeof(int))) ? record : null;
    }

    private Outcome[] Parse(byte[] record)
    {
        using var r = new BinaryReader(new MemoryStream(record, Digest, record.Length - Digest, writable: false), Encoding.UTF8);
        var outcomes = new Outcome[r.ReadInt32()];
        for (var i = 0; i < outcomes.Length; i++) outcomes[i] = Outcome.Read(r, _dimension);
        return outcomes;
    }
}
