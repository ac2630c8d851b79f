package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.HostBytes;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/**
 * ldmatrix: 1, 2 or 4 matrices of 8 x 8 16-bit elements from shared memory. Lanes 8i to 8i+7 give the addresses of the
 * rows of matrix i (16 bytes each). Lane t gets elements 2 (t mod 4) and the next of row t/4; with .trans, of column t/4.
 */
public final class LoadMatrixStep extends Step {
    private final Access access;
    private final AddressOperand address;
    private final Cell[] targets;
    private final boolean transposed;

    /** @param targets one register a matrix */
    public LoadMatrixStep(Instruction at, int guard, boolean negated, StateSpace space, AddressOperand address,
            Cell[] targets, boolean transposed) {
        super(at, guard, negated);
        this.access = Access.of(space, 16, Access.Use.READ);
        this.access.attach(this);
        this.address = address;
        this.targets = targets;
        this.transposed = transposed;
    }

    @Override
    protected void run(Warp w, int mask) {
        if (mask != -1) {
            throw w.block.fault(FaultKind.INCOMPLETE_WARP, at, w, mask,
                    FaultText.verb(mask, "execute") + " ldmatrix without the rest of their warp: all 32 lanes must.");
        }
        address.fill(w);
        int count = targets.length;
        access.resolve(w, count == 4 ? -1 : (1 << 8 * count) - 1);
        for (int i = 0; i < count; i++) {
            for (int lane = 0; lane < 32; lane++) {
                int major = lane >> 2;
                int minor = (lane & 3) * 2;
                long value;
                if (transposed) {
                    int low = HostBytes.getShort(w.host[8 * i + minor] + 2 * major) & 0xffff;
                    int high = HostBytes.getShort(w.host[8 * i + minor + 1] + 2 * major);
                    value = high << 16 | low;
                } else {
                    value = HostBytes.getInt(w.host[8 * i + major] + 2 * minor);
                }
                targets[i].set(w, lane, value);
            }
        }
    }
}
