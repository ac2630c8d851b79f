package dev.fathom.engine.cuda.emulated.ptx.run;

import java.util.Arrays;

/**
 * The address of a memory instruction: a register plus a distance.
 *
 * @param slot   the register's first place, or -1 for the distance alone
 * @param wide   true if it is a 64-bit register
 * @param offset the distance in bytes
 */
public record AddressOperand(int slot, boolean wide, long offset) {
    /** Computes the addresses of all lanes. */
    void fill(Warp w) {
        long[] to = w.address;
        if (slot < 0) {
            Arrays.fill(to, offset);
        } else if (wide) {
            for (int lane = 0; lane < 32; lane++) {
                to[lane] = w.d[slot + lane] + offset;
            }
        } else {
            for (int lane = 0; lane < 32; lane++) {
                to[lane] = w.r[slot + lane] + (int) offset; // a negative one is told as such
            }
        }
    }
}
