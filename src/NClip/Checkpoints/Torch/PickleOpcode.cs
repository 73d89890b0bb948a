namespace NClip.Checkpoints.Torch;

/// <summary>Pickle opcodes, those that the machine refuses included, so that a refusal can name them.</summary>
internal enum PickleOpcode : byte
{
    Mark = (byte)'(', Stop = (byte)'.', Pop = (byte)'0', PopMark = (byte)'1', Dup = (byte)'2',
    None = (byte)'N', BinInt = (byte)'J', BinInt1 = (byte)'K', BinInt2 = (byte)'M', BinFloat = (byte)'G',
    BinString = (byte)'T', ShortBinString = (byte)'U', BinUnicode = (byte)'X', BinBytes = (byte)'B', ShortBinBytes = (byte)'C',
    EmptyList = (byte)']', Append = (byte)'a', Appends = (byte)'e', List = (byte)'l',
    EmptyTuple = (byte)')', Tuple = (byte)'t', EmptyDict = (byte)'}', Dict = (byte)'d', SetItem = (byte)'s', SetItems = (byte)'u',
    BinGet = (byte)'h', LongBinGet = (byte)'j', BinPut = (byte)'q', LongBinPut = (byte)'r',
    Global = (byte)'c', Reduce = (byte)'R', Build = (byte)'b', BinPersId = (byte)'Q',
    Proto = 0x80, NewObj = 0x81, Tuple1 = 0x85, Tuple2 = 0x86, Tuple3 = 0x87, NewTrue = 0x88, NewFalse = 0x89, Long1 = 0x8a,
    ShortBinUnicode = 0x8c, BinUnicode8 = 0x8d, BinBytes8 = 0x8e, EmptySet = 0x8f, AddItems = 0x90, FrozenSet = 0x91,
    StackGlobal = 0x93, Memoize = 0x94, Frame = 0x95, ByteArray8 = 0x96,

    // Text forms of protocol 0, extension registries, old-style classes, out-of-band buffers: torch writes none of them.
    Int = (byte)'I', Long = (byte)'L', Float = (byte)'F', String = (byte)'S', Unicode = (byte)'V', Get = (byte)'g', Put = (byte)'p',
    PersId = (byte)'P', Inst = (byte)'i', Obj = (byte)'o', Ext1 = 0x82, Ext2 = 0x83, Ext4 = 0x84, Long4 = 0x8b, NewObjEx = 0x92, NextBuffer = 0x97, ReadOnlyBuffer = 0x98,
}
