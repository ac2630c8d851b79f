package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/**
 * A thread block that runs: its warps, shared memory, local memory and barriers. One object runs many blocks of a grid,
 * one after the other, on one thread of the host.
 */
public final class ThreadBlock {
    final Launch launch;
    final Warp[] warps;
    final SharedMemory shared;
    final LocalMemory local;
    final AsyncCopies copies;
    final Barriers barriers;
    private final Uniforms uniforms;
    private Dim3 place;
    private long number;
    private long spent;

    public ThreadBlock(Launch launch) {
        this.launch = launch;
        Program program = launch.program();
        int threads = (int) launch.block().count();
        warps = new Warp[(threads + 31) / 32];
        for (int i = 0; i < warps.length; i++) {
            warps[i] = new Warp(program, this, i);
        }
        barriers = new Barriers(this);
        shared = new SharedMemory(this, launch.sharedBytes(), program.granule());
        local = new LocalMemory(program.localBytes(), threads);
        copies = program.asyncCopies() ? new AsyncCopies(this, threads) : null;
        uniforms = new Uniforms(launch);
        for (Warp w : warps) {
            uniforms.fillLaunch(w);
        }
    }

    /**
     * Runs the block with this number.
     *
     * @return how many instructions of warps it executed
     * @throws KernelFault if it does something wrong
     */
    public long run(long number) {
        this.number = number;
        place = launch.grid().at(number);
        spent = 0;
        int threads = (int) launch.block().count();
        shared.begin();
        local.begin();
        if (copies != null) {
            copies.begin();
        }
        for (Warp w : warps) {
            int lanes = Math.min(32, threads - 32 * w.index);
            w.begin(lanes == 32 ? -1 : (1 << lanes) - 1);
            uniforms.fillBlock(w, place);
        }
        try {
            do {
                for (Warp w : warps) {
                    if (w.waiting == null) {
                        w.run();
                    }
                }
                shared.settle();
            } while (barriers.release());
        } catch (KernelFault f) {
            throw shared.first(f);
        }
        if (copies != null) {
            copies.end();
        }
        return spent;
    }

    /** The block's number in the grid. */
    long number() {
        return number;
    }

    /** The block's place in the grid. */
    Dim3 place() {
        return place;
    }

    /** Counts instructions; a block that executes too many never ends. */
    void spend(int instructions, CodeBlock where) {
        spent += instructions;
        if (spent > launch.budget()) {
            throw new KernelFault(FaultKind.RUNAWAY_KERNEL, launch.program().name(),
                    where.first() == null ? "" : where.first().where(), "block " + place + " has executed " + spent
                    + " instructions of its warps and goes on; the limit is " + launch.budget()
                    + ". Likely a loop whose end is never reached, or a wait for another block.");
        }
    }

    /** The threads of a mask as words: "thread 5" or "threads 0 to 31". */
    String threads(Warp w, int mask) {
        return FaultText.threads(w.index * 32, mask);
    }

    /** A fault of lanes of a warp: the detail follows "block (0, 0, 0), threads 0 to 3 ". */
    KernelFault fault(FaultKind kind, Instruction at, Warp w, int mask, String detail) {
        Dim3 first = launch.block().at(w.thread(Integer.numberOfTrailingZeros(mask)));
        String many = launch.block().y() * launch.block().z() == 1 ? ""
                : (Integer.bitCount(mask) == 1 ? " " : " (the first is ") + first
                + (Integer.bitCount(mask) == 1 ? "" : ")");
        return new KernelFault(kind, launch.program().name(), at.where(), "block " + place + ", " + threads(w, mask) + many
                + " " + detail);
    }
}
