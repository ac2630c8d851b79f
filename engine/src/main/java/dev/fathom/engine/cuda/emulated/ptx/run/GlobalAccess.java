package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.Allocation;
import dev.fathom.engine.cuda.emulated.report.FaultKind;

/** Global and constant memory. Usually all lanes are in the allocation of the last time, which a few operations check. */
final class GlobalAccess extends Access {
    private Allocation last;

    GlobalAccess(int bytes, Use use) {
        super(bytes, use);
    }

    @Override
    void resolve(Warp w, int mask) {
        Allocation a = last;
        if (a == null || a.owner() != w.block.launch.memory() || !fast(a, w, mask)) {
            a = slow(w, mask);
            if (a == null) {
                return;
            }
        }
        if (use != Use.WRITE) {
            checkWritten(a, w, mask);
        }
        if (use != Use.READ) {
            if (a.readOnly()) {
                throw w.block.fault(FaultKind.READ_ONLY_WRITE, step.at(), w, mask, FaultText.verb(mask, "write") + " to constant memory " + a + ".");
            }
            markWritten(a, w, mask);
        }
        if (w.block.launch.races() != null) {
            w.block.launch.races().note(this, a, w, mask);
        }
    }

    @Override
    RuntimeException doubleWrite(Warp w, int lane, int part, boolean together) {
        Allocation a = w.block.launch.memory().find(w.address[lane]);
        return w.block.launch.races().doubleWrite(this, a, w, lane, w.address[lane] + part - a.base());
    }

    /** True if all lanes access this live allocation inside and aligned. */
    private boolean fast(Allocation a, Warp w, int mask) {
        long base = a.base();
        long end = a.limit() - bytes;
        long shift = a.host() - base;
        int low = bytes - 1;
        long bad = 0;
        if (mask == -1) {
            for (int lane = 0; lane < 32; lane++) {
                long address = w.address[lane];
                long offset = address - base;
                bad |= offset | end - offset | -(address & low);
                w.host[lane] = address + shift;
            }
        } else {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                long address = w.address[lane];
                long offset = address - base;
                bad |= offset | end - offset | -(address & low);
                w.host[lane] = address + shift;
            }
        }
        return bad >= 0;
    }

    /** Lane by lane. Returns the one allocation of all lanes, or null after everything was done for several. */
    private Allocation slow(Warp w, int mask) {
        Allocation one = null;
        boolean several = false;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            Allocation a = w.block.launch.memory().find(w.address[lane]);
            if (a == null || !fast(a, w, 1 << lane)) {
                throw GlobalFaults.of(this, w, mask, lane);
            }
            several |= one != null && one != a;
            one = a;
        }
        last = one;
        if (!several) {
            return one;
        }
        for (int m = mask; m != 0;) {
            Allocation a = w.block.launch.memory().find(w.address[Integer.numberOfTrailingZeros(m)]);
            int same = 0;
            for (int k = m; k != 0; k &= k - 1) {
                int lane = Integer.numberOfTrailingZeros(k);
                same |= w.block.launch.memory().find(w.address[lane]) == a ? 1 << lane : 0;
            }
            last = a;
            resolve(w, same);
            m &= ~same;
        }
        return null;
    }

    private void checkWritten(Allocation a, Warp w, int mask) {
        long[] map = a.writtenMap();
        if (map == null) {
            return;
        }
        long ones = bytes == 16 ? 0xffff : (1L << bytes) - 1;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long offset = w.address[lane] - a.base();
            if ((map[(int) (offset >>> 6)] >>> (offset & 63) & ones) != ones) {
                throw GlobalFaults.uninitialised(this, a, w, mask);
            }
        }
    }

    /** Neighbouring lanes usually share a word of the map: their bits are set together. */
    private void markWritten(Allocation a, Warp w, int mask) {
        if (a.writtenMap() == null) {
            return;
        }
        long ones = bytes == 16 ? 0xffff : (1L << bytes) - 1;
        int word = -1;
        long bits = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            long offset = w.address[Integer.numberOfTrailingZeros(m)] - a.base();
            if ((int) (offset >>> 6) != word) {
                if (word >= 0) {
                    a.markWord(word, bits);
                }
                word = (int) (offset >>> 6);
                bits = 0;
            }
            bits |= ones << (offset & 63);
        }
        a.markWord(word, bits);
    }
}
