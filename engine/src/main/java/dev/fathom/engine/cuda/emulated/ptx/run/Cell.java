package dev.fathom.engine.cuda.emulated.ptx.run;

/**
 * A register that a step reads or writes, or nothing.
 *
 * @param slot its first place in the ints or longs; -1 if a result is thrown away
 * @param wide true for the longs
 * @param half true for a 16-bit register
 */
public record Cell(int slot, boolean wide, boolean half) {
    /** The bits of a lane. */
    long get(Warp w, int lane) {
        return wide ? w.d[slot + lane] : w.r[slot + lane] & 0xffffffffL;
    }

    /** Sets a lane: the low bits that fit. */
    void set(Warp w, int lane, long bits) {
        if (slot < 0) {
            return;
        }
        if (wide) {
            w.d[slot + lane] = bits;
        } else {
            w.r[slot + lane] = half ? (int) bits & 0xffff : (int) bits;
        }
    }
}
