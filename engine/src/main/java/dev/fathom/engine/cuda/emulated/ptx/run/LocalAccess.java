package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;

/** A thread's local memory by offsets from its start. */
final class LocalAccess extends Access {
    LocalAccess(int bytes, Use use) {
        super(bytes, use);
    }

    @Override
    void resolve(Warp w, int mask) {
        LocalMemory local = w.block.local;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long offset = w.address[lane];
            if (offset < 0 || offset > local.bytes - bytes) {
                throw w.block.fault(use == Use.READ ? FaultKind.OUT_OF_BOUNDS_READ : FaultKind.OUT_OF_BOUNDS_WRITE, step.at(),
                        w, 1 << lane, verb() + "s " + FaultText.bytes(bytes) + " at byte " + offset
                        + " of its local memory, which has " + local.bytes + ". Likely an index outside a small array.");
            }
            if ((offset & bytes - 1) != 0) {
                throw w.block.fault(FaultKind.MISALIGNED_ACCESS, step.at(), w, 1 << lane, verb() + "s "
                        + FaultText.bytes(bytes) + " at byte " + offset + " of its local memory, no multiple of " + bytes
                        + ".");
            }
            int thread = w.thread(lane);
            if (use != Use.WRITE && !local.isWritten(thread, offset, bytes)) {
                throw w.block.fault(FaultKind.UNINITIALISED_READ, step.at(), w, 1 << lane, "reads byte " + offset
                        + " of its local memory, which it has not written. Likely a local array that was not filled.");
            }
            if (use != Use.READ) {
                local.markWritten(thread, offset, bytes);
            }
            w.host[lane] = local.host(thread, offset);
        }
    }
}
