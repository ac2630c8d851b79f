package dev.fathom.engine;

/**
 * Element types of a {@link Tensor}. Names follow PyTorch ({@code float32} is {@code torch.float32}).
 *
 * <p>All multi-byte values are little-endian in memory, as in safetensors and in torch files on every machine
 * that this project runs on.
 */
public enum DType {
    F64("float64", 8, Kind.FLOAT),
    F32("float32", 4, Kind.FLOAT),
    /** IEEE 754 binary16. */
    F16("float16", 2, Kind.FLOAT),
    /** The upper half of a binary32. */
    BF16("bfloat16", 2, Kind.FLOAT),
    I64("int64", 8, Kind.INTEGER),
    I32("int32", 4, Kind.INTEGER),
    I16("int16", 2, Kind.INTEGER),
    I8("int8", 1, Kind.INTEGER),
    U8("uint8", 1, Kind.INTEGER),
    /** One byte an element, 0 or 1: masks. */
    BOOL("bool", 1, Kind.BOOLEAN);

    /** What sort of value a dtype holds. */
    public enum Kind { FLOAT, INTEGER, BOOLEAN }

    private final String torchName;
    private final int bytes;
    private final Kind kind;

    DType(String torchName, int bytes, Kind kind) {
        this.torchName = torchName;
        this.bytes = bytes;
        this.kind = kind;
    }

    /** PyTorch's name, for example {@code bfloat16}: what messages, reports and JSON show. */
    public String torchName() {
        return torchName;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    public Kind kind() {
        return kind;
    }

    public boolean isFloat() {
        return kind == Kind.FLOAT;
    }

    @Override
    public String toString() {
        return torchName;
    }
}
