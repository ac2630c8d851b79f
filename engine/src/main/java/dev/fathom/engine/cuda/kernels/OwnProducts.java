package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.KernelLaunch;
import dev.fathom.engine.cuda.kernels.Product.Tail;
import dev.fathom.engine.memory.MemoryScope;

/** Products by gemm_sm80.cu (halves on tensor cores) and gemm.cu (everything else). */
final class OwnProducts {
    private static final int LARGE = 128;
    private static final int SMALL = 64;
    /**
     * Large tiles are used from this many on: with fewer, most multiprocessors of a large GPU would have none. A
     * constant, so that results do not depend on the GPU.
     */
    private static final int ENOUGH_TILES = 96;
    /** A long sum into a small result is cut into parts until there are about this many tiles ... */
    private static final int PART_TILES = 256;
    /** ... but no part is shorter than this. */
    private static final int SHORTEST_PART = 512;
    /** Lengths of parts are multiples of the deepest slice. */
    private static final int SLICE = 64;

    private OwnProducts() {
    }

    static void run(CudaDevice cuda, Product p) {
        if (p.isEmpty()) {
            return;
        }
        boolean tensorCores = p.half() && cuda.properties().hasAmpere();
        if (p.transposeA() && p.tail().equals(Tail.NONE)) {
            sums(cuda, p, tensorCores && !p.transposeB());
        } else if (tensorCores && !p.transposeA()) {
            tail(start(cuda, "gemm_sm80", "gemm_" + (p.transposeB() ? "nt_" : "nn_"), p), p)
                    .arg(p.strideA()).arg(p.strideB()).arg(p.m()).arg(p.n()).arg(p.k())
                    .arg(p.wide()).arg(p.tail().function().code()).launch();
        } else {
            tail(start(cuda, "gemm", "gemm_", p), p)
                    .arg(p.strideA()).arg(p.strideB()).arg(p.m()).arg(p.n()).arg(p.k())
                    .arg(p.transposeA()).arg(p.transposeB()).arg(p.wide()).arg(p.tail().function().code()).launch();
        }
    }

    static boolean large(long rows, long columns, long batch) {
        return Route.largeTiles() || columns > SMALL && tiles(rows, columns, LARGE) * batch >= ENOUGH_TILES;
    }

    /** Threads of a block: tensor cores are kept busy by fewer. */
    static int threads(boolean tensorCores, boolean large) {
        return tensorCores && !large ? 128 : 256;
    }

    static long tiles(long rows, long columns, int tile) {
        return (rows + tile - 1) / tile * ((columns + tile - 1) / tile);
    }

    private static KernelLaunch start(CudaDevice cuda, String module, String name, Product p) {
        boolean tensorCores = module.endsWith("_sm80");
        boolean large = (tensorCores || !p.half()) && large(p.m(), p.n(), p.batch());
        return cuda.kernel(module, name + (large ? "large_" : "small_") + CudaDevice.suffix(p.type()))
                .grid(tiles(p.m(), p.n(), large ? LARGE : SMALL), p.batch(), 1).block(threads(tensorCores, large));
    }

    private static KernelLaunch tail(KernelLaunch launch, Product p) {
        Tail t = p.tail();
        return launch.arg(p.a()).arg(p.b()).arg(t.bias()).arg(t.gamma()).arg(t.residual()).arg(t.before()).arg(p.y());
    }

    /** A product over the rows of both operands: the gradient of a weight. Its sum is long, its result small. */
    private static void sums(CudaDevice cuda, Product p, boolean tensorCores) {
        boolean large = tensorCores && (p.m() >= LARGE && p.n() >= LARGE || Route.largeTiles());
        int tile = large ? LARGE : SMALL;
        long tiles = tiles(p.m(), p.n(), tile);
        int part = part(p.k(), tiles * p.batch());
        int parts = Math.max(1, (p.k() + part - 1) / part);
        try (MemoryScope scope = MemoryScope.scratch("parts of a product")) {
            long count = (long) p.batch() * p.m() * p.n();
            boolean direct = parts == 1 && p.resultType() == DType.F32;
            long to = direct ? p.y() : cuda.workspace(parts * count * Float.BYTES).address();
            String suffix = CudaDevice.suffix(p.type());
            KernelLaunch launch = tensorCores
                    ? cuda.kernel("gemm_sm80", "gemm_sums_" + (large ? "large_" : "small_") + suffix)
                    : cuda.kernel("gemm", "gemm_sums_" + suffix);
            launch.grid(tiles, p.batch(), parts).block(threads(tensorCores, large))
                    .arg(p.a()).arg(p.b()).arg(to).arg(p.strideA()).arg(p.strideB()).arg(p.m()).arg(p.n()).arg(p.k());
            if (!tensorCores) {
                launch.arg(p.transposeA()).arg(p.transposeB());
            }
            launch.arg(part).launch();
            if (!direct) {
                addParts(cuda, to, parts, count, p.y(), CudaDevice.suffix(p.resultType()));
            }
        }
    }

    /** How many of {@code k} products one part of a long sum adds up, when the result has so many tiles. */
    static int part(long k, long tiles) {
        long wanted = (PART_TILES + tiles - 1) / tiles;
        long most = Math.max(1, k / SHORTEST_PART);
        long parts = Math.clamp(wanted, 1, most);
        long part = (k + parts - 1) / parts;
        return Math.toIntExact(Math.max(1, (part + SLICE - 1) / SLICE) * SLICE);
    }

    /** y = the sum of {@code parts} float32 arrays, in order. */
    static void addParts(CudaDevice cuda, long sums, int parts, long count, long y, String suffix) {
        cuda.kernel("gemm", "sum_parts_" + suffix).gridFor(count, 256).block(256)
                .arg(sums).arg(y).arg(count).arg(parts).launch();
    }

    /** What follows a product whose float32 sums are in memory, possibly in y itself. */
    static void finish(CudaDevice cuda, Product p, long sums) {
        int rows = Math.toIntExact((long) p.batch() * p.m());
        int group = 16 / p.type().bytes();
        long groups = (long) rows * ((p.n() + group - 1) / group);
        Tail t = p.tail();
        cuda.kernel("gemm", "epilogue_" + CudaDevice.suffix(p.type())).gridFor(groups, 256).block(256)
                .arg(sums).arg(t.bias()).arg(t.gamma()).arg(t.residual()).arg(t.before()).arg(p.y())
                .arg(rows).arg(p.n()).arg(p.wide()).arg(t.function().code()).launch();
    }
}
