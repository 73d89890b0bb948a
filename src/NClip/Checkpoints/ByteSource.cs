using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace NClip.Checkpoints;

/// <summary>The bytes of one weight file: mapped (pages are read when touched), or an array in memory. All readers work on this.</summary>
internal abstract class ByteSource(string name) : IDisposable
{
    /// <summary>Path, for messages.</summary>
    public string Name { get; } = name;

    /// <summary>File that another program can map at the same offsets, or null.</summary>
    public abstract string? File { get; }

    public abstract long Length { get; }

    /// <summary>Copies bytes from <paramref name="offset"/> on; a mapped file's are read, not mapped.</summary>
    /// <exception cref="CheckpointException">The file has become shorter, or cannot be read.</exception>
    public abstract void Read(long offset, Span<byte> to);

    protected abstract ReadOnlyMemory<byte> Slice(long offset, int length);

    /// <summary>Bytes from <paramref name="offset"/>; throws where the range leaves the file or is longer than 2 GiB.</summary>
    public ReadOnlyMemory<byte> Memory(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new CheckpointException(Name, $"bytes {offset} to {offset + length} were asked for, the file has {Length}. It is cut or damaged; get it again.");
        if (length > int.MaxValue)
            throw new CheckpointException(Name, $"{length} bytes at byte {offset} are more than one piece of memory holds (2 GiB).");
        return Slice(offset, (int)length);
    }

    public ReadOnlySpan<byte> Span(long offset, long length) => Memory(offset, length).Span;

    /// <summary>The first bytes, as many of <paramref name="length"/> as there are.</summary>
    public ReadOnlySpan<byte> Head(int length) => Span(0, Math.Min(length, Length));

    public abstract void Dispose();

    public static ByteSource Of(ReadOnlyMemory<byte> bytes, string name) => new Array(bytes, name);

    /// <exception cref="CheckpointException">There is no such file, or it cannot be read.</exception>
    public static ByteSource Map(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.None);
            if (file.Length > 0) return new Mapped(path, file);
            file.Dispose();
            return new Array(ReadOnlyMemory<byte>.Empty, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, "there is no such file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new CheckpointException(path, $"cannot be opened: {e.Message}", e);
        }
    }

    private sealed class Array(ReadOnlyMemory<byte> bytes, string name) : ByteSource(name)
    {
        public override string? File => null;
        public override long Length => bytes.Length;
        public override void Read(long offset, Span<byte> to) => Span(offset, to.Length).CopyTo(to);
        protected override ReadOnlyMemory<byte> Slice(long offset, int length) => bytes.Slice((int)offset, length);
        public override void Dispose() { }
    }

    private sealed unsafe class Mapped : ByteSource
    {
        private readonly FileStream _file;
        private readonly MemoryMappedFile _map;
        private readonly MemoryMappedViewAccessor _view;
        private byte* _start;

        public Mapped(string path, FileStream file) : base(path)
        {
            (Length, _file) = (file.Length, file);
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            _start += _view.PointerOffset;
        }

        // The acquired pointer keeps the view's handle from releasing itself.
        ~Mapped() => Release();

        public override string File => Name;
        public override long Length { get; }
        protected override ReadOnlyMemory<byte> Slice(long offset, int length) => new Segment(this, offset, length).Memory;

        public override void Read(long offset, Span<byte> to)
        {
            try
            {
                for (int n; to.Length > 0; to = to[n..], offset += n)
                {
                    n = RandomAccess.Read(_file.SafeFileHandle, to, offset);
                    if (n == 0) throw new CheckpointException(Name, $"ends at byte {offset}, although it had {Length} when it was opened. Another program is changing it; try again when that has ended.");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException(Name, $"cannot be read at byte {offset}: {e.Message}", e);
            }
        }

        public override void Dispose()
        {
            GC.SuppressFinalize(this);
            if (!Release()) return;
            _view.Dispose();
            _map.Dispose();
        }

        private bool Release()
        {
            if (_start is null) return false;
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            return true;
        }

        /// <summary>A part of the mapping as <see cref="Memory{T}"/>. It keeps the mapping alive, and refuses to be read after its disposal.</summary>
        private sealed class Segment(Mapped owner, long offset, int length) : MemoryManager<byte>
        {
            public override Memory<byte> Memory => CreateMemory(length);

            public override Span<byte> GetSpan()
            {
                var start = owner._start;
                ObjectDisposedException.ThrowIf(start is null, typeof(StateDict));
                return new Span<byte>(start + offset, length);
            }

            public override MemoryHandle Pin(int elementIndex = 0)
            {
                var start = owner._start;
                ObjectDisposedException.ThrowIf(start is null, typeof(StateDict));
                return new MemoryHandle(start + offset + elementIndex, default, this);
            }

            public override void Unpin() { }
            protected override void Dispose(bool disposing) { }
        }
    }
}
