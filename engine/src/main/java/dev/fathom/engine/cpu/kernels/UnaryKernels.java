package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.UnaryBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Functions of one number, element by element, and their gradients: the split into pieces, the tails, the choice of the
 * loop.
 */
public final class UnaryKernels {
    /** Elements between the steps of a function that has several: 8 KiB, so that they meet in L1. */
    private static final int STEP = 2048;

    private UnaryKernels() {
    }

    public static void register(KernelTable table) {
        table.add(Unary.class, UnaryKernels::forward);
        table.add(UnaryBackward.class, UnaryKernels::backward);
    }

    private static void forward(Unary op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        Chunks.run(out.get(0).numel(), (from, to) -> apply(op.kind(), x, 4 * from, y, 4 * from, (int) (to - from)));
    }

    /** y = f(x) for any number of elements; x and y do not overlap, except that functions of one step take y = x. */
    static void apply(Unary.Kind kind, MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += STEP) {
            loop(kind, x, xo + 4L * i, y, yo + 4L * i, Math.min(STEP, whole - i));
        }
        if (whole < n) {
            MemorySegment tail = Tails.buffers();
            Tails.load(tail, 0, x, xo + 4L * whole, n - whole);
            loop(kind, tail, Tails.at(0), tail, Tails.at(2), Lanes.FLOATS);
            Tails.store(tail, 2, y, yo + 4L * whole, n - whole);
        }
    }

    private static void loop(Unary.Kind kind, MemorySegment x, long xo, MemorySegment y, long yo, int n) {
        switch (kind) {
            case RELU -> UnaryLoops.relu(x, xo, y, yo, n);
            case GELU -> {
                UnaryLoops.bell(x, xo, y, yo, n);
                UnaryLoops.gelu(x, xo, y, yo, n);
            }
            case SIGMOID -> UnaryLoops.sigmoid(x, xo, y, yo, n);
            case SILU -> UnaryLoops.silu(x, xo, y, yo, n);
            case TANH -> UnaryLoops.tanh(x, xo, y, yo, n);
            case EXP -> UnaryLoops.exp(x, xo, y, yo, n);
            case LOG -> UnaryLoops.log(x, xo, y, yo, n);
            case SQRT -> UnaryLoops.sqrt(x, xo, y, yo, n);
            case RSQRT -> UnaryLoops.rsqrt(x, xo, y, yo, n);
            case ABS -> UnaryLoops.abs(x, xo, y, yo, n);
            case SQUARE -> UnaryLoops.square(x, xo, y, yo, n);
            case ERF -> {
                UnaryLoops.erfBell(x, xo, y, yo, n);
                UnaryLoops.halfErfc(x, xo, y, yo, n);
                UnaryLoops.erf(x, xo, y, yo, n);
            }
        }
    }

    private static void backward(UnaryBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment v = in.get(0).segment();
        MemorySegment dy = in.get(1).segment();
        MemorySegment dx = out.get(0).segment();
        Chunks.run(out.get(0).numel(), (from, to) -> backward(op.kind(), v, dy, dx, 4 * from, (int) (to - from)));
    }

    /** dx = dy f' for any number of elements; for functions of one step dx may be dy. */
    static void backward(Unary.Kind kind, MemorySegment v, MemorySegment dy, MemorySegment dx, long at, int n) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += STEP) {
            long o = at + 4L * i;
            backwardLoop(kind, v, o, dy, o, dx, o, Math.min(STEP, whole - i));
        }
        if (whole < n) {
            MemorySegment tail = Tails.buffers();
            Tails.load(tail, 0, v, at + 4L * whole, n - whole);
            Tails.load(tail, 1, dy, at + 4L * whole, n - whole);
            backwardLoop(kind, tail, Tails.at(0), tail, Tails.at(1), tail, Tails.at(2), Lanes.FLOATS);
            Tails.store(tail, 2, dx, at + 4L * whole, n - whole);
        }
    }

    private static void backwardLoop(Unary.Kind kind, MemorySegment v, long vo, MemorySegment dy, long dyo,
            MemorySegment dx, long dxo, int n) {
        switch (kind) {
            case RELU -> UnaryBackwardLoops.relu(v, vo, dy, dyo, dx, dxo, n);
            case GELU -> {
                UnaryLoops.bell(v, vo, dx, dxo, n);
                UnaryBackwardLoops.gelu(v, vo, dy, dyo, dx, dxo, n);
            }
            case SIGMOID -> UnaryBackwardLoops.sigmoid(v, vo, dy, dyo, dx, dxo, n);
            case SILU -> UnaryBackwardLoops.silu(v, vo, dy, dyo, dx, dxo, n);
            case TANH -> UnaryBackwardLoops.tanh(v, vo, dy, dyo, dx, dxo, n);
            case EXP -> UnaryBackwardLoops.exp(v, vo, dy, dyo, dx, dxo, n);
            case LOG -> UnaryBackwardLoops.log(v, vo, dy, dyo, dx, dxo, n);
            case SQRT -> UnaryBackwardLoops.sqrt(v, vo, dy, dyo, dx, dxo, n);
            case RSQRT -> UnaryBackwardLoops.rsqrt(v, vo, dy, dyo, dx, dxo, n);
            case ABS -> UnaryBackwardLoops.abs(v, vo, dy, dyo, dx, dxo, n);
            case SQUARE -> UnaryBackwardLoops.square(v, vo, dy, dyo, dx, dxo, n);
            case ERF -> UnaryBackwardLoops.erf(v, vo, dy, dyo, dx, dxo, n);
        }
    }
}
