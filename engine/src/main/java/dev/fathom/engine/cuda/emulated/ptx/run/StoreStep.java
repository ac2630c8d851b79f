package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.HostBytes;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** st: one value or a vector from registers. */
public final class StoreStep extends Step {
    private final Access access;
    private final AddressOperand address;
    private final int width;
    private final Cell[] sources;

    /**
     * @param width   bytes of one value
     * @param sources one register a value
     */
    public StoreStep(Instruction at, int guard, boolean negated, StateSpace space, AddressOperand address, int width,
            Cell[] sources) {
        super(at, guard, negated);
        this.access = Access.of(space, width * sources.length, Access.Use.WRITE);
        this.access.attach(this);
        this.address = address;
        this.width = width;
        this.sources = sources;
    }

    @Override
    protected void run(Warp w, int mask) {
        address.fill(w);
        w.agreeBefore = 0;
        w.agreeAfter = 0;
        access.resolve(w, mask);
        if (w.agreeBefore != 0) {
            agree(w, w.agreeBefore, false);
        }
        for (int i = 0; i < sources.length; i++) {
            store(w, mask, sources[i], i * width);
        }
        if (w.agreeAfter != 0) {
            agree(w, w.agreeAfter, true);
        }
    }

    private void store(Warp w, int mask, Cell s, int offset) {
        long[] host = w.host;
        if (width == 4 && !s.wide() && mask == -1) {
            int[] r = w.r;
            int slot = s.slot();
            for (int lane = 0; lane < 32; lane++) {
                HostBytes.putInt(host[lane] + offset, r[slot + lane]);
            }
            return;
        }
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long at = host[lane] + offset;
            long value = s.get(w, lane);
            switch (width) {
                case 1 -> HostBytes.putByte(at, (byte) value);
                case 2 -> HostBytes.putShort(at, (short) value);
                case 4 -> HostBytes.putInt(at, (int) value);
                default -> HostBytes.putLong(at, value);
            }
        }
    }

    /** Two threads may write one place at the same time if they write the same. */
    private void agree(Warp w, int lanes, boolean together) {
        for (int m = lanes; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            for (int i = 0; i < sources.length; i++) {
                long at = w.host[lane] + i * width;
                long there = width == 8 ? HostBytes.getLong(at) : width == 4 ? HostBytes.getInt(at)
                        : width == 2 ? HostBytes.getShort(at) : HostBytes.getByte(at);
                long unused = 64 - 8L * width;
                if (there << unused != sources[i].get(w, lane) << unused) {
                    throw access.doubleWrite(w, lane, i * width, together);
                }
            }
        }
    }
}
