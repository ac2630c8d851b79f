package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.HostBytes;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** ld: one value or a vector of 2, 4 or 8 into registers. */
public final class LoadStep extends Step {
    private final Access access;
    private final AddressOperand address;
    private final int width;
    private final boolean signed;
    private final Cell[] targets;

    /**
     * @param width   bytes of one value
     * @param signed  true if a small value keeps its sign in a larger register
     * @param targets one register a value
     */
    public LoadStep(Instruction at, int guard, boolean negated, StateSpace space, AddressOperand address, int width,
            boolean signed, Cell[] targets) {
        super(at, guard, negated);
        this.access = Access.of(space, width * targets.length, Access.Use.READ);
        this.access.attach(this);
        this.address = address;
        this.width = width;
        this.signed = signed;
        this.targets = targets;
    }

    @Override
    protected void run(Warp w, int mask) {
        address.fill(w);
        access.resolve(w, mask);
        for (int i = 0; i < targets.length; i++) {
            Cell t = targets[i];
            if (t.slot() >= 0) {
                load(w, mask, t, i * width);
            }
        }
    }

    private void load(Warp w, int mask, Cell t, int offset) {
        long[] host = w.host;
        if (width == 4 && !t.wide()) {
            int[] r = w.r;
            int slot = t.slot();
            if (mask == -1) {
                for (int lane = 0; lane < 32; lane++) {
                    r[slot + lane] = HostBytes.getInt(host[lane] + offset);
                }
            } else {
                for (int m = mask; m != 0; m &= m - 1) {
                    int lane = Integer.numberOfTrailingZeros(m);
                    r[slot + lane] = HostBytes.getInt(host[lane] + offset);
                }
            }
            return;
        }
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long at = host[lane] + offset;
            long value = switch (width) {
                case 1 -> signed ? HostBytes.getByte(at) : HostBytes.getByte(at) & 255;
                case 2 -> signed ? HostBytes.getShort(at) : HostBytes.getShort(at) & 0xffff;
                case 4 -> signed ? HostBytes.getInt(at) : HostBytes.getInt(at) & 0xffffffffL;
                default -> HostBytes.getLong(at);
            };
            t.set(w, lane, value);
        }
    }
}
