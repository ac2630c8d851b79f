package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;

/** Shared memory by offsets from its start. */
final class SharedAccess extends Access {
    SharedAccess(int bytes, Use use) {
        super(bytes, use);
    }

    @Override
    void resolve(Warp w, int mask) {
        SharedMemory shared = w.block.shared;
        long end = shared.bytes - bytes;
        long host = shared.host();
        int low = bytes - 1;
        long bad = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long offset = w.address[lane];
            bad |= offset | end - offset | -(offset & low);
            w.host[lane] = host + offset;
        }
        if (bad < 0) {
            throw wrong(w, mask, end);
        }
        if (w.block.copies != null) {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                w.block.copies.check(step, w, lane, (int) w.address[lane], bytes);
            }
        }
        if (use == Use.READ) {
            shared.read(step, w, mask, bytes);
        } else {
            write(shared, w, mask);
        }
    }

    private void write(SharedMemory shared, Warp w, int mask) {
        shared.beginWrite();
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            int offset = (int) w.address[lane];
            if (use == Use.ATOMIC && !shared.isWritten(offset)) {
                shared.read(step, w, 1 << lane, bytes); // says that it was never written
            }
            int doubt = shared.write(step, w, lane, offset, bytes, use == Use.ATOMIC);
            w.agreeBefore |= doubt == 1 ? 1 << lane : 0;
            w.agreeAfter |= doubt == 2 ? mask : 0; // the other lane is one of these
        }
    }

    /** The fault of the first lane that is outside or misaligned. */
    private RuntimeException wrong(Warp w, int mask, long end) {
        for (int m = mask;; m &= m - 1) {
            long offset = w.address[Integer.numberOfTrailingZeros(m)];
            if (offset < 0 || offset > end) {
                return outside(w, mask);
            }
            if ((offset & bytes - 1) != 0) {
                return misaligned(w, mask);
            }
        }
    }

    @Override
    RuntimeException doubleWrite(Warp w, int lane, int part, boolean together) {
        return w.block.shared.doubleWrite(step, w, lane, (int) w.address[lane] + part, together);
    }

    private RuntimeException outside(Warp w, int mask) {
        int size = w.block.shared.bytes;
        int wrong = 0;
        for (int lane = 0; lane < 32; lane++) {
            boolean out = w.address[lane] < 0 || w.address[lane] > size - bytes;
            wrong |= (mask >>> lane & 1) != 0 && out ? 1 << lane : 0;
        }
        long first = w.address[Integer.numberOfTrailingZeros(wrong)];
        return w.block.fault(use == Use.READ ? FaultKind.OUT_OF_BOUNDS_READ : FaultKind.OUT_OF_BOUNDS_WRITE, step.at(), w,
                wrong, FaultText.verb(wrong, verb()) + " " + FaultText.bytes(bytes) + (Integer.bitCount(wrong) > 1 ? " each" : "")
                + " of shared memory" + (Integer.bitCount(wrong) > 1 ? ", the first at byte " : " at byte ") + first + " of " + size
                + (w.block.launch.program().sharedNames().values().stream().anyMatch(v -> v.count() == 0)
                && w.block.launch.dynamicShared() == 0 ? ". The kernel uses dynamic shared memory and was launched with none."
                : ". Likely an index of a tile that is too large, or too little dynamic shared memory at launch ("
                + w.block.launch.dynamicShared() + " bytes)."));
    }

    private RuntimeException misaligned(Warp w, int mask) {
        int wrong = 0;
        for (int lane = 0; lane < 32; lane++) {
            wrong |= (mask >>> lane & 1) != 0 && (w.address[lane] & bytes - 1) != 0 ? 1 << lane : 0;
        }
        return w.block.fault(FaultKind.MISALIGNED_ACCESS, step.at(), w, wrong, FaultText.verb(wrong, verb()) + " " + FaultText.bytes(bytes)
                + " of shared memory, the first at " + w.block.shared.place(w.address[Integer.numberOfTrailingZeros(wrong)])
                + ", which is no multiple of " + bytes + ". Align the array, or its rows, to " + bytes + " bytes.");
    }
}
