package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.HostBytes;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** cp.async: 4, 8 or 16 bytes from global to shared memory, of which the first {@code source size} are read. */
public final class AsyncCopyStep extends Step {
    private final GlobalAccess[] from = new GlobalAccess[17];
    private final AddressOperand target;
    private final AddressOperand source;
    private final int bytes;
    private final Cell sourceSize;

    /**
     * @param bytes      that are written
     * @param sourceSize register with the number of bytes that are read, the rest becoming zero; or null
     */
    public AsyncCopyStep(Instruction at, int guard, boolean negated, AddressOperand target, AddressOperand source, int bytes,
            Cell sourceSize) {
        super(at, guard, negated);
        this.target = target;
        this.source = source;
        this.bytes = bytes;
        this.sourceSize = sourceSize;
        for (int size : new int[] {1, 2, 4, 8, 16}) {
            from[size] = new GlobalAccess(size, Access.Use.READ);
            from[size].attach(this);
        }
    }

    @Override
    protected void run(Warp w, int mask) {
        target.fill(w);
        int[] offsets = new int[32];
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long offset = w.address[lane];
            if (offset < 0 || offset > w.block.shared.bytes - bytes || (offset & bytes - 1) != 0) {
                throw w.block.fault((offset & bytes - 1) != 0 ? FaultKind.MISALIGNED_ACCESS : FaultKind.OUT_OF_BOUNDS_WRITE,
                        at, w, 1 << lane, "copies " + bytes + " bytes to byte " + offset + " of shared memory, which has "
                        + w.block.shared.bytes + " and must be met at a multiple of " + bytes + ".");
            }
            offsets[lane] = (int) offset;
        }
        source.fill(w);
        int full = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            int size = sourceSize == null ? bytes : (int) sourceSize.get(w, lane);
            full |= size >= bytes ? 1 << lane : 0;
        }
        w.block.shared.beginWrite();
        if (full != 0) {
            from[bytes].resolve(w, full);
        }
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long low = 0;
            long high = 0;
            if ((full >>> lane & 1) != 0) {
                long host = w.host[lane];
                low = bytes == 4 ? HostBytes.getInt(host) & 0xffffffffL : HostBytes.getLong(host);
                high = bytes == 16 ? HostBytes.getLong(host + 8) : 0;
            } else {
                byte[] part = partial(w, lane, (int) sourceSize.get(w, lane));
                for (int i = 0; i < 8; i++) {
                    low |= (part[i] & 255L) << 8 * i;
                    high |= (part[8 + i] & 255L) << 8 * i;
                }
            }
            w.block.copies.issue(this, w, lane, offsets[lane], bytes, low, high);
        }
    }

    /** Reads fewer bytes than are written; the address must be aligned as if all were read. */
    private byte[] partial(Warp w, int lane, int size) {
        byte[] part = new byte[16];
        long address = w.address[lane];
        if (size > 0 && (address & bytes - 1) != 0) {
            from[bytes].resolve(w, 1 << lane); // misaligned: says so
        }
        for (int i = 0; i < size; i++) {
            w.address[lane] = address + i;
            from[1].resolve(w, 1 << lane);
            part[i] = HostBytes.getByte(w.host[lane]);
        }
        w.address[lane] = address;
        return part;
    }
}
