package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The shared memory of a block, and for each piece of it who wrote it and who read it last, and when.
 *
 * <p>A piece (granule) is as large as the smallest access that the kernel makes to shared memory, so that no access
 * touches part of one. A stamp packs the thread (10 bits), whether the access was atomic (1 bit) and the time of the
 * thread's warp (21 bits). Two accesses to a piece by different threads, not both atomic, at least one a write, are a
 * race unless a barrier lies between ({@link Barriers}); two writes of the same value are let pass. Of the readers
 * since the last write two are kept, from different warps if there are such: with barriers of the whole block that
 * finds every race.
 */
final class SharedMemory {
    private static final int THREAD = 1023;
    private static final int ATOMIC = 1 << 10;
    private static final int TIME_SHIFT = 11;

    final int bytes;
    private final ThreadBlock block;
    private final MemorySegment memory;
    private final int shift;
    private final int[] writer;
    private final int[] reader;
    private final int[] otherReader;
    private final short[] writerStep;
    /** Which write instruction it was, of all that any warp has executed: lanes of one instruction have one number. */
    private final int[] writerSerial;
    private int serial;
    private final short[] readerStep;
    private final short[] otherReaderStep;
    /** The first read of what nobody has written: a race if somebody writes it before the next barrier. */
    private KernelFault early;

    SharedMemory(ThreadBlock block, int bytes, int granule) {
        this.block = block;
        this.bytes = bytes;
        this.memory = Arena.ofAuto().allocate(Math.max(bytes, 16), 128);
        this.shift = Integer.numberOfTrailingZeros(granule);
        int pieces = (bytes + granule - 1 >> shift) + 1;
        writer = new int[pieces];
        reader = new int[pieces];
        otherReader = new int[pieces];
        writerStep = new short[pieces];
        writerSerial = new int[pieces];
        readerStep = new short[pieces];
        otherReaderStep = new short[pieces];
    }

    /** A new block: nothing was written. */
    void begin() {
        early = null;
        if (block.barriers.begin()) {
            Arrays.fill(writer, 0);
            Arrays.fill(reader, 0);
            Arrays.fill(otherReader, 0);
        }
    }

    /** The host address of the first byte. */
    long host() {
        return memory.address();
    }

    private int stamp(Warp w, int lane, boolean atomic) {
        return block.barriers.time(w.index) << TIME_SHIFT | (atomic ? ATOMIC : 0) | w.thread(lane);
    }

    private boolean ofThisBlock(int stamp) {
        return stamp >>> TIME_SHIFT >= block.barriers.start();
    }

    /** True if the access with this stamp lies before what this lane does now, or is its own. */
    private boolean before(int stamp, Warp w, int lane) {
        int thread = stamp & THREAD;
        if (thread == w.thread(lane) || !ofThisBlock(stamp)) {
            return true;
        }
        int other = thread >>> 5;
        int time = stamp >>> TIME_SHIFT;
        return other == w.index ? time < block.barriers.time(other) : block.barriers.before(other, time, w.index);
    }

    /** Checks and notes a read of {@code count} bytes by each lane; the ranges are inside and aligned. */
    void read(Step step, Warp w, int mask, int count) {
        int start = block.barriers.start();
        int quiet = block.barriers.quiet(w.index);
        int stamp = stamp(w, 0, false);
        int done = -1;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            int offset = (int) w.address[lane];
            if (offset == done) {
                continue; // a broadcast: the lane before had nothing to note any more
            }
            boolean nothing = true;
            int last = offset + count - 1 >> shift;
            for (int g = offset >> shift; g <= last; g++) {
                int time = writer[g] >>> TIME_SHIFT;
                if (time < start || time > quiet) {
                    checkWriter(g, step, w, lane);
                    nothing = false;
                }
                int old = reader[g];
                if (old != stamp + lane) {
                    int other = otherReader[g];
                    // Two lanes of this warp, or one and another warp's, are enough to find any later race.
                    boolean enough = (old ^ stamp) >>> 5 == 0
                            && ((other ^ stamp) >>> 5 == 0 && other != old || other >>> TIME_SHIFT > quiet
                            && (other & THREAD) >>> 5 != w.index);
                    if (!enough) {
                        noteReader(g, old, w, lane);
                        reader[g] = stamp + lane;
                        readerStep[g] = (short) step.id;
                        nothing = false;
                    }
                }
            }
            done = nothing ? offset : -1;
        }
    }

    private void checkWriter(int g, Step step, Warp w, int lane) {
        int wrote = writer[g];
        if (!ofThisBlock(wrote)) {
            if (early == null) {
                early = uninitialised(step, w, lane, g << shift);
            }
        } else if (!before(wrote, w, lane)) {
            throw race(step, w, lane, g << shift, "reads", wrote, writerStep[g], "writes");
        }
    }

    /** A barrier, or the end: what was read and never written is a fault now. */
    void settle() {
        if (early != null) {
            throw early;
        }
    }

    /** Which of two faults is told: a race explains a read that came too early, everything else follows from that read. */
    KernelFault first(KernelFault f) {
        return early == null || f.kind() == FaultKind.SHARED_RACE ? f : early;
    }

    /** The reader so far becomes the other one, if that is not worth more: a reader of another warp that is still unordered. */
    private void noteReader(int g, int old, Warp w, int lane) {
        if ((old & THREAD) == w.thread(lane)) {
            return;
        }
        boolean sameWarp = (old & THREAD) >>> 5 == w.index;
        if (!sameWarp || (otherReader[g] & THREAD) >>> 5 == w.index || before(otherReader[g], w, lane)) {
            otherReader[g] = old;
            otherReaderStep[g] = readerStep[g];
        }
    }

    /** A write instruction of a warp begins; {@link #write} follows for each lane. */
    void beginWrite() {
        serial++;
    }

    /**
     * Checks and notes a write of a lane; the range is inside and aligned.
     *
     * @return 0 if all is well; 1 if another thread wrote a part with nothing between, so that the value must be what
     *         is there already; 2 if another lane writes a part in the same instruction, so that all must write the same
     */
    int write(Step step, Warp w, int lane, int offset, int count, boolean atomic) {
        int result = 0;
        int quiet = block.barriers.quiet(w.index);
        int stamp = stamp(w, lane, atomic);
        int last = offset + count - 1 >> shift;
        for (int g = offset >> shift; g <= last; g++) {
            if (reader[g] >>> TIME_SHIFT > quiet || otherReader[g] >>> TIME_SHIFT > quiet) {
                checkReader(g, reader[g], readerStep[g], step, w, lane, atomic);
                checkReader(g, otherReader[g], otherReaderStep[g], step, w, lane, atomic);
            }
            int wrote = writer[g];
            if (wrote >>> TIME_SHIFT > quiet && !(atomic && (wrote & ATOMIC) != 0) && !before(wrote, w, lane)) {
                boolean together = writerSerial[g] == serial;
                if (atomic) {
                    throw race(step, w, lane, g << shift, "changes", wrote, writerStep[g], "writes");
                }
                result = Math.max(result, together ? 2 : 1);
            }
            writer[g] = stamp;
            writerStep[g] = (short) step.id;
            writerSerial[g] = serial;
            reader[g] = 0;
            otherReader[g] = 0;
        }
        return result;
    }

    /** An asynchronous copy has arrived: its thread has written just now. */
    void arrived(Step step, Warp w, int lane, int offset, int count) {
        for (int g = offset >> shift; g <= offset + count - 1 >> shift; g++) {
            writer[g] = stamp(w, lane, false);
            writerStep[g] = (short) step.id;
        }
    }

    private void checkReader(int g, int stamp, short at, Step step, Warp w, int lane, boolean atomic) {
        if (stamp != 0 && !(atomic && (stamp & ATOMIC) != 0) && !before(stamp, w, lane)) {
            throw race(step, w, lane, g << shift, "writes", stamp, at, "reads");
        }
    }

    /** True if the piece at an offset was written in this block. */
    boolean isWritten(int offset) {
        return ofThisBlock(writer[offset >> shift]);
    }

    /** The fault of two writes of different values. */
    RuntimeException doubleWrite(Step step, Warp w, int lane, int offset, boolean together) {
        int g = offset >> shift;
        if (together) {
            return block.fault(FaultKind.SHARED_RACE, step.at(), w, 1 << lane, "writes " + place(offset)
                    + ", and so does another lane of its warp in the same instruction, with a different value: which one "
                    + "remains is not defined.");
        }
        return race(step, w, lane, offset, "writes", writer[g], writerStep[g], "writes another value to");
    }

    private RuntimeException race(Step step, Warp w, int lane, int offset, String does, int other, short otherStep,
            String otherDoes) {
        int thread = other & THREAD;
        Instruction at = block.launch.program().steps()[otherStep & 0xffff].at();
        boolean sameWarp = thread >>> 5 == w.index;
        return block.fault(FaultKind.SHARED_RACE, step.at(), w, 1 << lane, does + " " + place(offset) + ", which thread "
                + thread + " " + otherDoes + " at " + at.where() + ", and no "
                + (sameWarp ? "__syncwarp() or __syncthreads() lies between. The two threads are in one warp, but lanes of a "
                + "warp need not run in step (a shuffle does not order memory either)."
                : "__syncthreads() lies between: which comes first is chance."));
    }

    private KernelFault uninitialised(Step step, Warp w, int lane, int offset) {
        return block.fault(FaultKind.UNINITIALISED_READ, step.at(), w, 1 << lane, "reads " + place(offset)
                + ", which no thread of the block has written. Shared memory begins undefined: fill what is read, the "
                + "unused edge of a tile too.");
    }

    /** Words for a byte of shared memory: "byte 132 of shared memory (byte 4 of 'scratch')". */
    String place(long offset) {
        String name = "dynamic shared memory";
        long start = block.launch.program().dynamicOffset();
        if (offset < start || block.launch.dynamicShared() == 0) {
            for (var e : block.launch.program().sharedOffsets().entrySet()) {
                if (e.getValue() <= offset && block.launch.program().sharedNames().get(e.getKey()).count() > 0) {
                    name = "'" + FaultText.variable(e.getKey()) + "', "
                            + block.launch.program().sharedNames().get(e.getKey()).bytes() + " bytes";
                    start = e.getValue();
                }
            }
        }
        return "byte " + offset + " of shared memory (byte " + (offset - start) + " of " + name + ")";
    }
}
