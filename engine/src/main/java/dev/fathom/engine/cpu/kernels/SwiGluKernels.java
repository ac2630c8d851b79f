package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.SwiGlu;
import dev.fathom.engine.ops.SwiGluBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The gate silu(a) b and its gradient, row by row over two halves. */
public final class SwiGluKernels {
    private SwiGluKernels() {
    }

    public static void register(KernelTable table) {
        table.add(SwiGlu.class, SwiGluKernels::forward);
        table.add(SwiGluBackward.class, SwiGluKernels::backward);
    }

    private static void forward(SwiGlu op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment y = out.get(0).segment();
        int half = out.get(0).dim(-1);
        Chunks.run(rows(out.get(0)), Chunks.rows(half), (from, to) -> {
            int whole = Floats.whole(half);
            int rest = half - whole;
            for (long row = from; row < to; row++) {
                long a = row * half * 8;
                long b = a + 4L * half;
                gate(x, a, x, b, y, row * half * 4, whole);
                if (rest > 0) {
                    MemorySegment tail = Tails.buffers();
                    Tails.load(tail, 0, x, a + 4L * whole, rest);
                    Tails.load(tail, 1, x, b + 4L * whole, rest);
                    gate(tail, Tails.at(0), tail, Tails.at(1), tail, Tails.at(2), FLOATS);
                    Tails.store(tail, 2, y, (row * half + whole) * 4, rest);
                }
            }
        });
    }

    private static void gate(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.silu(load(a, ao + 4L * i)).mul(load(b, bo + 4L * i)).intoMemorySegment(y, yo + 4L * i, ORDER);
        }
    }

    private static void backward(SwiGluBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment dy = in.get(1).segment();
        MemorySegment dx = out.get(0).segment();
        int half = in.get(1).dim(-1);
        Chunks.run(rows(in.get(1)), Chunks.rows(half), (from, to) -> {
            int whole = Floats.whole(half);
            int rest = half - whole;
            for (long row = from; row < to; row++) {
                long a = row * half * 8;
                long b = a + 4L * half;
                long d = row * half * 4;
                gradientOfA(x, a, x, b, dy, d, dx, a, whole);
                gate(x, a, dy, d, dx, b, whole);
                if (rest > 0) {
                    MemorySegment tail = Tails.buffers();
                    Tails.load(tail, 0, x, a + 4L * whole, rest);
                    Tails.load(tail, 1, dy, d + 4L * whole, rest);
                    gate(tail, Tails.at(0), tail, Tails.at(1), tail, Tails.at(2), FLOATS);
                    Tails.store(tail, 2, dx, b + 4L * whole, rest);
                    Tails.load(tail, 2, x, b + 4L * whole, rest);
                    gradientOfA(tail, Tails.at(0), tail, Tails.at(2), tail, Tails.at(1), tail, Tails.at(2), FLOATS);
                    Tails.store(tail, 2, dx, a + 4L * whole, rest);
                }
            }
        });
    }

    /** da = dy b silu'(a) */
    private static void gradientOfA(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment dy, long dyo,
            MemorySegment da, long dao, int n) {
        for (int i = 0; i < n; i += FLOATS) {
            VectorMath.siluDerivative(load(a, ao + 4L * i)).mul(load(b, bo + 4L * i)).mul(load(dy, dyo + 4L * i))
                    .intoMemorySegment(da, dao + 4L * i, ORDER);
        }
    }

    private static long rows(Tensor halved) {
        return halved.dim(-1) == 0 ? 0 : halved.numel() / halved.dim(-1);
    }
}
