package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** The state spaces of memory instructions and their windows in the generic address space. */
public enum StateSpace {
    GLOBAL, SHARED, LOCAL, CONSTANT, PARAMETER, GENERIC;

    /** The generic address of shared memory's first byte. */
    public static final long SHARED_BASE = GlobalMemory.SHARED_WINDOW << GlobalMemory.WINDOW_BITS;
    /** The generic address of local memory's first byte. */
    public static final long LOCAL_BASE = GlobalMemory.LOCAL_WINDOW << GlobalMemory.WINDOW_BITS;

    /** The space that an instruction names. */
    public static StateSpace of(Instruction i) {
        for (String word : i.modifiers()) {
            switch (word) {
                case "global" -> {
                    return GLOBAL;
                }
                case "shared", "shared::cta" -> {
                    return SHARED;
                }
                case "local" -> {
                    return LOCAL;
                }
                case "const" -> {
                    return CONSTANT;
                }
                case "param", "param::entry" -> {
                    return PARAMETER;
                }
                default -> { }
            }
        }
        return GENERIC;
    }
}
