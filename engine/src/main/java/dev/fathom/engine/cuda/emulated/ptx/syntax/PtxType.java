package dev.fathom.engine.cuda.emulated.ptx.syntax;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The types of registers, variables and instructions. */
public enum PtxType {
    PRED(0), B8(1), U8(1), S8(1), B16(2), U16(2), S16(2), F16(2), BF16(2), B32(4), U32(4), S32(4), F32(4), F16X2(4),
    BF16X2(4), TF32(4), B64(8), U64(8), S64(8), F64(8), B128(16);

    private static final Map<String, PtxType> BY_NAME = new HashMap<>();

    static {
        for (PtxType t : values()) {
            BY_NAME.put(t.text(), t);
        }
    }

    private final int bytes;

    PtxType(int bytes) {
        this.bytes = bytes;
    }

    /** The type of this name, such as "f32"; null if there is none. */
    public static PtxType of(String name) {
        return BY_NAME.get(name);
    }

    /** The size in memory; 0 for a predicate, which cannot be stored. */
    public int bytes() {
        return bytes;
    }

    public boolean signed() {
        return this == S8 || this == S16 || this == S32 || this == S64;
    }

    public boolean floating() {
        return switch (this) {
            case F16, BF16, F32, F64, F16X2, BF16X2, TF32 -> true;
            default -> false;
        };
    }

    /** The name as PTX writes it, without the dot. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
