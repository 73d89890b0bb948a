using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace NClip.Checkpoints.Torch;

/// <summary>
/// A pickle machine that can only build plain data (<see cref="PickleGlobals"/> lists what a pickle may name); protocols 2 to 5.
/// It imports nothing and calls nothing. (Opcodes: Python's Lib/pickletools.py)
/// </summary>
internal ref struct PickleReader
{
    /// <summary>Most opcodes of one pickle. The largest CLIP with its optimizer's state has about a tenth of this.</summary>
    public const int MaxOpcodes = 4_000_000;

    /// <summary>Longest pickle, storages not counted.</summary>
    public const int MaxBytes = 64 << 20;

    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private readonly string _file;
    private readonly string _where;
    private readonly long _base;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Func<PyTuple, PyStorage> _loadStorage;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;
    private int _opcodeAt;

    /// <param name="file">For messages.</param>
    /// <param name="bytes">Begins with the pickle; may go on behind it.</param>
    /// <param name="offset">Where <paramref name="bytes"/> begin, for messages.</param>
    /// <param name="where">What the offsets count in, e.g. <c> of archive/data.pkl</c>; empty for the file itself.</param>
    /// <param name="loadStorage">Turns a persistent id into a storage; throws <see cref="FormatException"/> with the reason where it is wrong.</param>
    public PickleReader(string file, ReadOnlySpan<byte> bytes, long offset, string where, Func<PyTuple, PyStorage> loadStorage)
    {
        (_file, _base, _where, _loadStorage) = (file, offset, where, loadStorage);
        _bytes = bytes[..Math.Min(bytes.Length, MaxBytes)];
    }

    /// <summary>Bytes used so far.</summary>
    public readonly int Consumed => _at;

    /// <summary>Runs to STOP and gives the value.</summary>
    /// <exception cref="CheckpointException">Anything that is not plain tensor data, with its byte offset.</exception>
    public object? Read()
    {
        try
        {
            for (var n = 0; n < MaxOpcodes; n++)
            {
                _opcodeAt = _at;
                if (Step((PickleOpcode)Byte())) return Pop();
            }
        }
        catch (FormatException e)
        {
            throw new CheckpointException(_file, $"the pickle cannot be read: {e.Message} (byte {_base + _opcodeAt}{_where}). Nothing in it was executed.", e);
        }
        throw new CheckpointException(_file, $"the pickle has more than {MaxOpcodes} opcodes (byte {_base + _at}{_where}). Nothing in it was executed.");
    }

    /// <summary>One opcode; true at STOP.</summary>
    private bool Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto: if (Byte() is < 2 or > 5) throw new FormatException($"protocol {_bytes[_at - 1]} is unknown"); break;
            case PickleOpcode.Frame: if (Length8() > _bytes.Length - _at) throw new FormatException("a frame is longer than the file"); break;
            case PickleOpcode.Stop: return true;

            case PickleOpcode.None: Push(null); break;
            case PickleOpcode.NewTrue: Push(true); break;
            case PickleOpcode.NewFalse: Push(false); break;
            case PickleOpcode.BinInt: Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case PickleOpcode.BinInt1: Push((long)Byte()); break;
            case PickleOpcode.BinInt2: Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case PickleOpcode.Long1: PushInteger(Take(Byte())); break;
            case PickleOpcode.BinFloat: Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case PickleOpcode.ShortBinString: Push(Text(Take(Byte()), strict: false)); break;
            case PickleOpcode.BinString: Push(Text(Take(Length4()), strict: false)); break;
            case PickleOpcode.ShortBinUnicode: Push(Text(Take(Byte()), strict: true)); break;
            case PickleOpcode.BinUnicode: Push(Text(Take(Length4()), strict: true)); break;
            case PickleOpcode.BinUnicode8: Push(Text(Take(Length8()), strict: true)); break;
            case PickleOpcode.ShortBinBytes: Push(new PyBytes(Take(Byte()).Length)); break;
            case PickleOpcode.BinBytes: Push(new PyBytes(Take(Length4()).Length)); break;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8: Push(new PyBytes(Take(Length8()).Length)); break;

            case PickleOpcode.Mark: _marks.Add(_stack.Count); break;
            case PickleOpcode.Pop: PopOrUnmark(); break;
            case PickleOpcode.PopMark: PopMark(); break;
            case PickleOpcode.Dup: Push(Peek()); break;

            case PickleOpcode.EmptyTuple: Push(PyTuple.Empty); break;
            case PickleOpcode.Tuple1: Push(new PyTuple([Pop()])); break;
            case PickleOpcode.Tuple2: { var (b, a) = (Pop(), Pop()); Push(new PyTuple([a, b])); break; }
            case PickleOpcode.Tuple3: { var (c, b, a) = (Pop(), Pop(), Pop()); Push(new PyTuple([a, b, c])); break; }
            case PickleOpcode.Tuple or PickleOpcode.FrozenSet: Push(new PyTuple(PopMark())); break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet: Push(new PyList()); break;
            case PickleOpcode.List: { var list = new PyList(); list.Items.AddRange(PopMark()); Push(list); break; }
            case PickleOpcode.Append: { var v = Pop(); Top<PyList>("a list").Items.Add(v); break; }
            case PickleOpcode.Appends or PickleOpcode.AddItems: { var v = PopMark(); Top<PyList>("a list").Items.AddRange(v); break; }
            case PickleOpcode.EmptyDict: Push(new PyDict()); break;
            case PickleOpcode.Dict: { var v = PopMark(); Push(SetItems(new PyDict(), v)); break; }
            case PickleOpcode.SetItem: { var (v, k) = (Pop(), Pop()); Top<PyDict>("a dict").Items.Add((k, v)); break; }
            case PickleOpcode.SetItems: { var v = PopMark(); SetItems(Top<PyDict>("a dict"), v); break; }

            case PickleOpcode.BinGet: Push(Recall(Byte())); break;
            case PickleOpcode.LongBinGet: Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case PickleOpcode.BinPut: _memo[Byte()] = Peek(); break;
            case PickleOpcode.LongBinPut: _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            case PickleOpcode.Memoize: _memo[_memo.Count] = Peek(); break;

            case PickleOpcode.Global: { var (module, name) = (Line(), Line()); Push(Find(module, name)); break; }
            case PickleOpcode.StackGlobal:
                {
                    if ((Pop(), Pop()) is not (string name, string module)) throw new FormatException("a global is named by something that is no text");
                    Push(Find(module, name));
                    break;
                }
            case PickleOpcode.Reduce:
                {
                    if ((Pop(), Pop()) is not (PyTuple args, PyGlobal callee)) throw new FormatException("something is called that is no permitted function");
                    Push(PickleGlobals.Call(callee, args.Items));
                    break;
                }
            case PickleOpcode.NewObj:
                {
                    if ((Pop(), Pop()) is not (PyTuple, PyGlobal { Kind: PyGlobalKind.ScriptClass } type)) throw new FormatException("an object is made of a class that is no TorchScript module");
                    Push(new PyBag(type.FullName));
                    break;
                }
            case PickleOpcode.Build: Build(); break;
            case PickleOpcode.BinPersId: Push(_loadStorage(Pop() as PyTuple ?? throw new FormatException("a persistent id is no tuple"))); break;

            default: throw new FormatException(Enum.IsDefined(opcode) ? $"opcode {opcode} is not plain data" : $"there is no opcode 0x{(int)opcode:x2}");
        }
        return false;
    }

    /// <summary>The attributes of a TorchScript object. A dict's own attributes (torch's <c>_metadata</c>) are dropped.</summary>
    private readonly void Build()
    {
        var state = Pop();
        switch (Peek())
        {
            case PyBag bag: bag.Attributes = state as PyDict ?? new PyDict(); break;
            case PyDict when state is PyDict or PyTuple or null: break;
            default: throw new FormatException("a state is set on something that is neither a dict nor a TorchScript module");
        }
    }

    private static PyGlobal Find(string module, string name) => PickleGlobals.Find(module, name) ?? throw new FormatException(
        $"it names '{module}.{name}', which is not plain tensor data. Use a file of the weights only (a saved state_dict), best as safetensors");

    private static PyDict SetItems(PyDict dict, object?[] items)
    {
        if (items.Length % 2 != 0) throw new FormatException("a dict is given a key without a value");
        for (var i = 0; i < items.Length; i += 2) dict.Items.Add((items[i], items[i + 1]));
        return dict;
    }

    private readonly void PushInteger(ReadOnlySpan<byte> littleEndian)
    {
        var n = new BigInteger(littleEndian);
        if (n >= long.MinValue && n <= long.MaxValue) Push((long)n);
        else Push(n);
    }

    private static string Text(ReadOnlySpan<byte> bytes, bool strict)
    {
        try
        {
            return _strict.GetString(bytes);
        }
        catch (ArgumentException)
        {
            // Python 2 wrote any bytes as a string.
            return strict ? throw new FormatException("a text is not valid UTF-8") : Encoding.Latin1.GetString(bytes);
        }
    }

    private string Line()
    {
        var rest = _bytes[_at..];
        var end = rest[..Math.Min(rest.Length, 1024)].IndexOf((byte)'\n');
        if (end < 0) throw new FormatException("the name of a global does not end");
        _at += end + 1;
        return Text(rest[..end], strict: true);
    }

    private byte Byte() => Take(1)[0];
    private long Length4() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
    private long Length8() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > _bytes.Length - _at) throw new FormatException($"{length} bytes are wanted where {_bytes.Length - _at} are left; the pickle is cut, damaged or longer than {MaxBytes} bytes");
        var taken = _bytes.Slice(_at, (int)length);
        _at += (int)length;
        return taken;
    }

    private readonly void Push(object? value) => _stack.Add(value);

    private readonly object? Peek()
    {
        if (_stack.Count <= (_marks.Count > 0 ? _marks[^1] : 0)) throw new FormatException("a value is taken where there is none");
        return _stack[^1];
    }

    private readonly T Top<T>(string what) where T : class => Peek() as T ?? throw new FormatException($"items are put into something that is not {what}");

    private readonly object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private readonly void PopOrUnmark()
    {
        if (_marks.Count > 0 && _marks[^1] == _stack.Count) _marks.RemoveAt(_marks.Count - 1);
        else Pop();
    }

    private readonly object?[] PopMark()
    {
        if (_marks.Count == 0) throw new FormatException("a mark is missing");
        var start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        object?[] items = [.. _stack[start..]];
        _stack.RemoveRange(start, items.Length);
        return items;
    }

    private readonly object? Recall(long index) => _memo.TryGetValue(index, out var value) ? value : throw new FormatException($"memo entry {index} was never written");
}
