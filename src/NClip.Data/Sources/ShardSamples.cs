using System.Buffers;
using System.Text;
using System.Text.Json;

namespace NClip.Data;

/// <summary>Neighbours of one key in a tar -> samples.</summary>
internal static class ShardSamples
{
    /// <summary>The samples from the <paramref name="skip"/>-th on, and a last one with a fault where the tar is damaged. A sample that the damage may have shortened is used only where it has the members of the one before it.</summary>
    public static IEnumerable<RawSample> Read(TarMembers members, string shard, int skip, bool captionPerLine)
    {
        var position = 0;
        Members? sample = null;
        string? usual = null;
        while (members.Next())
        {
            if (sample is not null && sample.Key != members.Key)
            {
                usual = sample.Names;
                if (position++ >= skip) yield return sample.Build(shard, captionPerLine);
                sample = null;
            }
            sample ??= new Members(members.Key, position);
            if (!Members.Wants(members.Extension)) sample.Note(members.Extension);
            else if (members.Load() is var (buffer, length)) sample.Add(members.Extension, buffer, length, position >= skip);
        }
        if (sample is not null && (members.Damage is null || sample.Names == usual) && position++ >= skip) yield return sample.Build(shard, captionPerLine);
        if (members.Damage is { } damage && position >= skip) yield return RawSample.Broken("", shard, position, damage);
    }

    /// <summary>What was found of one sample.</summary>
    private sealed class Members(string key, int position)
    {
        private readonly StringBuilder _names = new();
        private (byte[] Buffer, int Length)? _picture;
        private string? _text, _label, _fault;
        private JsonElement? _facts;

        public string Key => key;

        /// <summary>The extensions in their order.</summary>
        public string Names => _names.ToString();

        public static bool Wants(string extension) => extension is "txt" or "cls" or "json" || PictureFolder.IsPicture(extension);

        public void Note(string extension) => _names.Append(' ').Append(extension);

        /// <param name="extension">Which member it is.</param>
        /// <param name="buffer">A pooled array, now this sample's.</param>
        /// <param name="length">Bytes in it.</param>
        /// <param name="wanted">False where the sample is left out: only the member's name counts.</param>
        public void Add(string extension, byte[] buffer, int length, bool wanted)
        {
            Note(extension);
            if (!wanted)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return;
            }
            var bytes = buffer.AsMemory(0, length);
            if (PictureFolder.IsPicture(extension))
            {
                if (_picture is not null) _fault = $"the sample has two pictures ({Names.TrimStart()}); one is expected";
                _picture ??= (buffer, length);
                return;
            }
            if (extension == "txt") _text = Encoding.UTF8.GetString(bytes.Span);
            else if (extension == "cls") _label = Encoding.UTF8.GetString(bytes.Span).Trim();
            else ReadFacts(bytes);
            ArrayPool<byte>.Shared.Return(buffer);
        }

        private void ReadFacts(ReadOnlyMemory<byte> json)
        {
            try
            {
                using var document = JsonDocument.Parse(json);
                _facts = document.RootElement.Clone();
            }
            catch (JsonException e)
            {
                _fault = $"its json cannot be read: {e.Message.TrimEnd('.')}";
            }
        }

        public RawSample Build(string shard, bool captionPerLine)
        {
            if (_picture is not { } picture) return RawSample.Broken(key, shard, position, $"the sample has no picture; its members are{Names}");
            if (_fault is not null) return RawSample.Broken(key, shard, position, _fault);
            return new RawSample
            {
                Key = key,
                Source = shard,
                Position = position,
                Image = picture.Buffer.AsMemory(0, picture.Length),
                Rented = picture.Buffer,
                Captions = _text is { } text ? CaptionText.Split(text, captionPerLine) : _facts is { } facts ? CaptionText.Of(facts) : [],
                Label = _label,
                Facts = _facts,
            };
        }
    }
}
