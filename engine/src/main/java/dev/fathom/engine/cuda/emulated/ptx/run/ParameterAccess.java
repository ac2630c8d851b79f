package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;

/** The parameter block by offsets from its start: arrays in a structure that a kernel takes by value. */
final class ParameterAccess extends Access {
    ParameterAccess(int bytes, Use use) {
        super(bytes, use);
    }

    @Override
    void resolve(Warp w, int mask) {
        long size = w.block.launch.parameters().byteSize();
        long host = w.block.launch.parameters().address();
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long offset = w.address[lane];
            if (offset < 0 || offset > size - bytes) {
                throw w.block.fault(FaultKind.OUT_OF_BOUNDS_READ, step.at(), w, 1 << lane, "reads "
                        + FaultText.bytes(bytes) + " at byte " + offset + " of the parameter block, which has " + size
                        + ". Likely an index outside an array of a structure that is passed by value.");
            }
            if ((offset & bytes - 1) != 0) {
                throw w.block.fault(FaultKind.MISALIGNED_ACCESS, step.at(), w, 1 << lane, "reads " + FaultText.bytes(bytes)
                        + " at byte " + offset + " of the parameter block, no multiple of " + bytes + ".");
            }
            w.host[lane] = host + offset;
        }
    }
}
