package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.SumOfSquares;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * What an optimiser does to many tensors at once: optimiser.cu. A launch takes a table of up to 96 parameters or 160
 * gradients among its own parameters, so nothing is uploaded, and a captured graph holds its tables.
 */
public final class OptimiserLaunchers {
    private static final int BLOCK = 256;
    /** Bytes or elements of a block, and tensors of a launch, as in optimiser.cu. */
    private static final int STEPPED_BYTES = 16 << 10;
    private static final int PARAMETERS = 96;
    private static final int PARAMETER_BYTES = 40;
    private static final int FACTORS_BYTES = 40;
    private static final int MEASURED = 8192;
    private static final int TENSORS = 160;
    private static final int TENSOR_BYTES = 24;
    /** Kernels count the elements of a tensor in 31 bits; a larger one is several entries of a table. */
    private static final int MOST = 1 << 30;

    private OptimiserLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(AdamWStep.class, OptimiserLaunchers::adamW);
        table.add(SumOfSquares.class, OptimiserLaunchers::sumOfSquares);
    }

    /** Elements [from, from + length) of parameter or tensor {@code index}. */
    private record Entry(int index, long from, int length) {
        int blocks(int perBlock) {
            return (length + perBlock - 1) / perBlock;
        }
    }

    /**
     * Everything that is not empty, in pieces that kernels can count.
     *
     * @param every how many tensors belong together, of which the first is looked at
     * @param dtype of those that are wanted; null for all
     */
    private static List<Entry> entries(List<Tensor> tensors, int every, DType dtype) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i += every) {
            long n = dtype == null || tensors.get(i).dtype() == dtype ? tensors.get(i).numel() : 0;
            for (long from = 0; from < n; from += MOST) {
                entries.add(new Entry(i, from, (int) Math.min(MOST, n - from)));
            }
        }
        return entries;
    }

    /** Hands out entries, as many at a time as a launch takes, with the number of blocks they need. */
    private static void launches(List<Entry> entries, int most, int perBlock, BiConsumer<List<Entry>, Integer> launch) {
        for (int i = 0; i < entries.size(); i += most) {
            List<Entry> some = entries.subList(i, Math.min(i + most, entries.size()));
            launch.accept(some, Math.toIntExact(some.stream().mapToLong(e -> e.blocks(perBlock)).sum()));
        }
    }

    private static void adamW(CudaDevice cuda, AdamWStep op, List<Tensor> in, List<Tensor> out) {
        for (DType dtype : CudaKernelTable.FLOATS) {
            int stepped = STEPPED_BYTES / dtype.bytes();
            List<Entry> entries = entries(in, AdamWStep.TENSORS, dtype);
            launches(entries, PARAMETERS, stepped, (some, blocks) -> {
                Struct table = new Struct(PARAMETERS * PARAMETER_BYTES);
                int first = 0;
                for (Entry e : some) {
                    for (int k = 0; k < AdamWStep.TENSORS; k++) {
                        table.add(in.get(e.index + k).address() + e.from * dtype.bytes());
                    }
                    table.add(e.length).add(first);
                    first += e.blocks(stepped);
                }
                cuda.kernel("optimiser", "adamw_" + CudaDevice.suffix(dtype)).grid(blocks).block(BLOCK)
                        .arg(table.bytes()).arg(factors(op, some.size())).launch();
            });
        }
    }

    private static MemorySegment factors(AdamWStep op, int parameters) {
        return new Struct(FACTORS_BYTES).add((float) op.beta1()).add((float) (1 - op.beta1())).add((float) op.beta2())
                .add((float) (1 - op.beta2())).add((float) op.stepSize()).add((float) op.rootScale())
                .add((float) op.eps()).add((float) (op.lr() * op.weightDecay())).add((float) op.gradScale())
                .add(parameters).bytes();
    }

    private static void sumOfSquares(CudaDevice cuda, SumOfSquares op, List<Tensor> in, List<Tensor> out) {
        List<Entry> entries = entries(in, 1, null);
        int all = Math.toIntExact(entries.stream().mapToLong(e -> e.blocks(MEASURED)).sum());
        try (MemoryScope scope = MemoryScope.scratch("sum of squares")) {
            Tensor pieces = cuda.workspace(2L * all * Double.BYTES);
            int[] from = {0};
            launches(entries, TENSORS, MEASURED, (some, blocks) -> {
                cuda.kernel("optimiser", "squares_pieces").grid(blocks).block(BLOCK).arg(table(in, some))
                        .arg(some.size()).arg(pieces).arg(from[0]).arg(all).launch();
                from[0] += blocks;
            });
            cuda.kernel("optimiser", "squares_total").grid(1).block(BLOCK).arg(pieces).arg(out.get(0)).arg(all)
                    .launch();
        }
    }

    private static MemorySegment table(List<Tensor> in, List<Entry> some) {
        Struct table = new Struct(TENSORS * TENSOR_BYTES);
        int first = 0;
        for (Entry e : some) {
            Tensor x = in.get(e.index);
            int dtype = switch (x.dtype()) {
                case F32 -> 0;
                case F16 -> 1;
                default -> 2;
            };
            table.add(x.address() + e.from * x.dtype().bytes()).add(e.length).add(first).add(dtype).add(0);
            first += e.blocks(MEASURED);
        }
        return table.bytes();
    }
}
