package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.memory.Allocation;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Finds races between the blocks of one launch in global memory: two blocks, one place, at least one writes, not both by
 * atomic operations. Blocks have no order, so there is nothing that could lie between. (Kernels whose blocks wait for each
 * other by atomic counters are beyond this check: it reports what they exchange.) Two blocks that write the same value are let pass.
 *
 * <p>A place is as large as the smallest access of the kernel. The check costs memory and time, so it is asked for; blocks
 * then run one after the other.
 */
public final class GlobalRaces {
    private static final int SEVERAL = -1;

    /** Of one allocation: who wrote and who read each place. Writers: 2 (block + 1), plus 1 if atomic. */
    private static final class Shadow {
        private final int[] writer;
        private final int[] writerStep;
        private final int[] reader;
        private final int[] readerStep;

        Shadow(int places) {
            writer = new int[places];
            writerStep = new int[places];
            reader = new int[places];
            readerStep = new int[places];
        }
    }

    private final Program program;
    private final int shift;
    private final Map<Allocation, Shadow> shadows = new IdentityHashMap<>();

    public GlobalRaces(Program program) {
        this.program = program;
        this.shift = Integer.numberOfTrailingZeros(program.globalGranule());
    }

    /** Checks and notes an access of the lanes of a mask to one allocation. */
    void note(Access access, Allocation a, Warp w, int mask) {
        if (a.readOnly()) {
            return;
        }
        Shadow s = shadows.computeIfAbsent(a, x -> new Shadow((int) (x.size() >>> shift) + 1));
        int own = (int) w.block.number() + 1;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long offset = w.address[lane] - a.base();
            for (int g = (int) (offset >>> shift); g <= offset + access.bytes - 1 >>> shift; g++) {
                if (access.use == Access.Use.READ) {
                    read(s, g, own, access, a, w, lane);
                } else {
                    write(s, g, own, access, a, w, lane);
                }
            }
        }
    }

    private void read(Shadow s, int g, int own, Access access, Allocation a, Warp w, int lane) {
        int wrote = s.writer[g];
        if (wrote != 0 && wrote >> 1 != own) {
            throw race(access, a, w, lane, g, "reads", (wrote >> 1) - 1, "writes", s.writerStep[g]);
        }
        s.reader[g] = s.reader[g] == 0 || s.reader[g] == own ? own : SEVERAL;
        s.readerStep[g] = access.step.id;
    }

    private void write(Shadow s, int g, int own, Access access, Allocation a, Warp w, int lane) {
        boolean atomic = access.use == Access.Use.ATOMIC;
        if (s.reader[g] != 0 && s.reader[g] != own) {
            throw race(access, a, w, lane, g, "writes", s.reader[g] - 1, "reads", s.readerStep[g]);
        }
        int wrote = s.writer[g];
        if (wrote != 0 && wrote >> 1 != own && !(atomic && (wrote & 1) != 0)) {
            if (atomic) {
                throw race(access, a, w, lane, g, "changes", (wrote >> 1) - 1, "writes", s.writerStep[g]);
            }
            w.agreeBefore |= 1 << lane; // the store compares the values, and calls doubleWrite
            return;
        }
        s.writer[g] = own << 1 | (atomic ? 1 : 0);
        s.writerStep[g] = access.step.id;
    }

    /** The fault of two blocks that write different values. */
    RuntimeException doubleWrite(Access access, Allocation a, Warp w, int lane, long offset) {
        Shadow s = shadows.get(a);
        int g = (int) (offset >>> shift);
        return race(access, a, w, lane, g, "writes", (s.writer[g] >> 1) - 1, "writes another value to", s.writerStep[g]);
    }

    private RuntimeException race(Access access, Allocation a, Warp w, int lane, int g, String does, int other,
            String otherDoes, int otherStep) {
        Instruction at = program.steps()[otherStep].at();
        return w.block.fault(FaultKind.GLOBAL_RACE, access.step.at(), w, 1 << lane, does + " byte " + ((long) g << shift) + " of "
                + a + ", which " + (other < 0 ? "another block" : "block " + w.block.launch.grid().at(other)) + " " + otherDoes
                + " at " + at.where() + ". Blocks of one launch have no order: which comes first is chance. Let each block "
                + "write its own part, or use two launches.");
    }
}
