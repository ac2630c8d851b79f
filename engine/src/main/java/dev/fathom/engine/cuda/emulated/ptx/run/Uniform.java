package dev.fathom.engine.cuda.emulated.ptx.run;

/**
 * A value that is filled in before a block runs, because all its lanes (or all lanes of a launch) have it from the
 * start. {@code offset} is the first index of its 32 places in the ints or longs of a warp.
 */
public sealed interface Uniform {
    int offset();

    /** A special register such as %tid.x; the i-th of SpecialRegisters.NAMES. */
    record Special(int number, int offset) implements Uniform {
    }

    /** Bytes of the parameter block, extended to 32 bits, or to 64 if {@code wide}. */
    record Parameter(int at, int bytes, boolean signed, boolean wide, int offset) implements Uniform {
    }

    /** A number. */
    record Constant(long bits, boolean wide, int offset) implements Uniform {
    }

    /** The address of a module's variable plus a distance. */
    record Address(String symbol, long distance, int offset) implements Uniform {
    }
}
