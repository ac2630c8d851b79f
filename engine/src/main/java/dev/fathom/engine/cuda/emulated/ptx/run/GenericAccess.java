package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;

/** Generic addresses: the window says which space each lane means. */
final class GenericAccess extends Access {
    private final GlobalAccess global;
    private final SharedAccess shared;
    private final LocalAccess local;

    GenericAccess(int bytes, Use use) {
        super(bytes, use);
        global = new GlobalAccess(bytes, use);
        shared = new SharedAccess(bytes, use);
        local = new LocalAccess(bytes, use);
    }

    @Override
    void attach(Step owner) {
        super.attach(owner);
        global.attach(owner);
        shared.attach(owner);
        local.attach(owner);
    }

    @Override
    void resolve(Warp w, int mask) {
        int inShared = 0;
        int inLocal = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long window = w.address[lane] >>> GlobalMemory.WINDOW_BITS;
            if (window == GlobalMemory.SHARED_WINDOW) {
                inShared |= 1 << lane;
                w.address[lane] -= StateSpace.SHARED_BASE;
            } else if (window == GlobalMemory.LOCAL_WINDOW) {
                inLocal |= 1 << lane;
                w.address[lane] -= StateSpace.LOCAL_BASE;
            }
        }
        if (inShared != 0) {
            shared.resolve(w, inShared);
        }
        if (inLocal != 0) {
            local.resolve(w, inLocal);
        }
        int inGlobal = mask & ~inShared & ~inLocal;
        if (inGlobal != 0) {
            global.resolve(w, inGlobal);
        }
    }

    @Override
    RuntimeException doubleWrite(Warp w, int lane, int part, boolean together) {
        // Addresses in shared memory have become offsets.
        boolean inShared = w.address[lane] >>> GlobalMemory.WINDOW_BITS == 0;
        return inShared ? shared.doubleWrite(w, lane, part, together) : global.doubleWrite(w, lane, part, together);
    }
}
