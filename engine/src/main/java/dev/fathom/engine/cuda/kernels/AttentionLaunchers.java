package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.KernelLaunch;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;
import java.util.List;

/**
 * Launches attention and its gradient. Two families of kernels: on tensor cores (attention_sm80.cu) for 16-bit heads of
 * up to {@value #TENSOR_CORE_SIZE} values where the GPU has the instructions (compute capability 8.0), and with
 * ordinary multiply-adds (attention.cu) for float32, for larger heads and for older GPUs. Smaller heads are padded with
 * zeros inside the kernels.
 */
public final class AttentionLaunchers {
    /** Most values of a head in the kernels for tensor cores. */
    private static final int TENSOR_CORE_SIZE = 64;
    /** Most values of a head at all. */
    private static final int LARGEST_SIZE = 128;
    /**
     * With fewer blocks of 128 queries than this, forward takes the kernel with blocks of 64 and two groups of warps,
     * so that two of them are there for each of an H200's 132 multiprocessors. A constant, not the GPU's own number:
     * the same shapes take the same kernel everywhere, and give the same bits.
     */
    private static final long FEW_BLOCKS = 264;

    private AttentionLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(Attention.class, AttentionLaunchers::forward);
        table.add(AttentionBackward.class, AttentionLaunchers::backward);
    }

    private static void forward(CudaDevice cuda, Attention op, List<Tensor> in, List<Tensor> out) {
        Heads heads = new Heads(op.name(), in.get(0), op.heads());
        if (heads.none()) {
            return;
        }
        String module = "attention";
        String kernel = "attention" + heads.padded();
        int queries = heads.padded() == 128 ? 32 : 64;
        int threads = 2 * queries;
        if (heads.onTensorCores(cuda)) {
            boolean few = heads.blocks(128) < FEW_BLOCKS;
            module = "attention_sm80";
            kernel += few ? "_few" : "";
            queries = few ? 64 : 128;
            threads = few ? 256 : 128;
        }
        heads.kernel(cuda, module, kernel, queries, threads).arg(in.get(0)).arg(out.get(0)).arg(out.get(1))
                .arg(heads.tokens()).arg(op.heads()).arg(heads.size()).arg(heads.scale()).launch();
    }

    /** dq first, which leaves lse and D of every row for dk and dv. */
    private static void backward(CudaDevice cuda, AttentionBackward op, List<Tensor> in, List<Tensor> out) {
        Tensor qkv = in.get(0);
        Heads heads = new Heads(op.name(), qkv, op.heads());
        if (heads.none()) {
            return;
        }
        Tensor dy = in.get(3);
        Tensor dqkv = out.get(0);
        boolean tensorCores = heads.onTensorCores(cuda);
        String module = tensorCores ? "attention_backward_sm80" : "attention_backward";
        int tile = heads.padded() == 128 ? 16 : 32;
        int threads = tensorCores ? 128 : 2 * tile;
        try (MemoryScope scope = MemoryScope.scratch("attention_backward")) {
            Tensor terms = cuda.workspace(8 * heads.pairs() * ((heads.tokens() + 63L) / 64 * 64));
            heads.kernel(cuda, module, "attention_dq" + heads.padded(), tensorCores ? 128 : tile, threads)
                    .arg(qkv).arg(in.get(1)).arg(in.get(2)).arg(dy).arg(dqkv).arg(terms)
                    .arg(heads.tokens()).arg(op.heads()).arg(heads.size()).arg(heads.scale()).launch();
            heads.kernel(cuda, module, "attention_dkv" + heads.padded(), tensorCores ? 64 : tile, threads)
                    .arg(qkv).arg(dy).arg(terms).arg(dqkv)
                    .arg(heads.tokens()).arg(op.heads()).arg(heads.size()).arg(heads.scale()).launch();
        }
    }

    /** The heads of a qkv [N, T, 3C]. */
    private record Heads(String op, Tensor qkv, int heads) {
        Heads {
            int size = qkv.dim(2) / 3 / heads;
            if (size > LARGEST_SIZE) {
                throw new DeviceException(op + ": heads of " + size + " values have no cuda kernel, " + LARGEST_SIZE
                        + " is the largest; run it on the cpu");
            }
        }

        boolean none() {
            return pairs() * tokens() == 0;
        }

        /** Number of independent attentions: a pair is a head of a picture. */
        long pairs() {
            return (long) qkv.dim(0) * heads;
        }

        int tokens() {
            return qkv.dim(1);
        }

        int size() {
            return qkv.dim(2) / 3 / heads;
        }

        /** The size of head that the kernels are made for. */
        int padded() {
            return size() <= 64 ? 64 : 128;
        }

        float scale() {
            return (float) (1 / Math.sqrt(size()));
        }

        boolean onTensorCores(CudaDevice cuda) {
            return qkv.dtype() != DType.F32 && cuda.properties().hasAmpere() && size() <= TENSOR_CORE_SIZE;
        }

        /** Blocks of so many tokens in all pairs. */
        long blocks(int tokensPerBlock) {
            return pairs() * ((tokens() + tokensPerBlock - 1) / tokensPerBlock);
        }

        KernelLaunch kernel(CudaDevice cuda, String module, String kernel, int tokensPerBlock, int threads) {
            return cuda.kernel(module, kernel + "_" + CudaDevice.suffix(qkv.dtype())).grid(blocks(tokensPerBlock))
                    .block(threads);
        }
    }
}
