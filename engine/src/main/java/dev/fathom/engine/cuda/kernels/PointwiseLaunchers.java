package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.KernelLaunch;
import dev.fathom.engine.ops.AddInPlace;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.FillInPlace;
import dev.fathom.engine.ops.ScaleInPlace;
import dev.fathom.engine.ops.TokenEmbedding;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.UnaryBackward;
import java.util.List;

/** Functions of one element, or of two that broadcasting brings together: pointwise.cu and unary.cu. */
public final class PointwiseLaunchers {
    /** Threads of a block; each has 16 bytes. */
    static final int BLOCK = 256;
    /** Axes that a broadcasting kernel counts, and bytes of its {@code Axes}. */
    private static final int AXES = 4;
    private static final int AXES_BYTES = 3 * 8 + 14 * 4;

    private PointwiseLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(Binary.class, PointwiseLaunchers::binary);
        table.add(AddInPlace.class, PointwiseLaunchers::addInPlace);
        table.add(Affine.class, PointwiseLaunchers::affine);
        table.add(ScaleInPlace.class, PointwiseLaunchers::scale);
        table.add(FillInPlace.class, PointwiseLaunchers::fill);
        table.add(Unary.class, PointwiseLaunchers::unary);
        table.add(UnaryBackward.class, PointwiseLaunchers::unaryBackward);
        table.add(TokenEmbedding.class, PointwiseLaunchers::tokenEmbedding);
    }

    /** A kernel that shares out the elements of {@code y} as share.cuh does. */
    private static KernelLaunch shared(CudaDevice cuda, String module, String name, Tensor y) {
        return cuda.kernel(module, name + "_" + CudaDevice.suffix(y.dtype()))
                .gridFor(y.numel(), BLOCK * elementsOf16Bytes(y)).block(BLOCK);
    }

    static int elementsOf16Bytes(Tensor t) {
        return 16 / t.dtype().bytes();
    }

    static boolean aligned16(long address) {
        return (address & 15) == 0;
    }

    private static void binary(CudaDevice cuda, Binary op, List<Tensor> in, List<Tensor> out) {
        Tensor a = in.get(0);
        Tensor b = in.get(1);
        Tensor y = out.get(0);
        if (y.numel() == 0) {
            return;
        }
        JoinedAxes axes = JoinedAxes.of(y.shape(), Binary.broadcastStrides(a.shape(), y.shape()),
                Binary.broadcastStrides(b.shape(), y.shape()));
        if (axes.dense(0) && axes.dense(1)) {
            shared(cuda, "pointwise", op.name(), y).arg(a).arg(b).arg(y).arg(y.numel()).launch();
            return;
        }
        int size = y.dtype().bytes();
        axes.parts(AXES, (part, at) -> broadcast(cuda, op, y, part, a.address() + at[0] * size,
                b.address() + at[1] * size, y.address() + at[2] * size));
    }

    private static void broadcast(CudaDevice cuda, Binary op, Tensor like, JoinedAxes axes, long a, long b, long y) {
        int n = elementsOf16Bytes(like);
        boolean vector = axes.extent(0) % n == 0 && aligned16(y) && aligned16(a, axes, 0, n)
                && aligned16(b, axes, 1, n);
        int group = vector ? n : 1;
        int last = axes.extent(0) / group;
        int count = Math.toIntExact(axes.numel() / group);
        Struct struct = new Struct(AXES_BYTES).add(FastDivision.by(axes.extent(2))).add(FastDivision.by(axes.extent(1)))
                .add(FastDivision.by(last)).add(axes.extent(2)).add(axes.extent(1)).add(last);
        for (int source = 0; source < 2; source++) {
            for (int back = AXES - 1; back >= 0; back--) {
                struct.add(Math.toIntExact(axes.step(source, back) * (back == 0 ? group : 1)));
            }
        }
        struct.add(count).add(vector ? 1 : 0);
        cuda.kernel("pointwise", op.name() + "_broadcast_" + CudaDevice.suffix(like.dtype()))
                .gridFor(count, vector ? BLOCK : BLOCK * n).block(BLOCK).arg(a).arg(b).arg(y).arg(struct.bytes())
                .launch();
    }

    /** Whether a source can be read in groups of n: always where it is repeated on the last axis, else if aligned. */
    private static boolean aligned16(long address, JoinedAxes axes, int source, int n) {
        if (axes.step(source, 0) == 0) {
            return true;
        }
        boolean aligned = aligned16(address);
        for (int back = 1; back < axes.count(); back++) {
            aligned &= axes.step(source, back) % n == 0;
        }
        return aligned;
    }

    private static void addInPlace(CudaDevice cuda, AddInPlace op, List<Tensor> in, List<Tensor> out) {
        Tensor acc = in.get(0);
        if (acc.numel() > 0) {
            shared(cuda, "pointwise", "add", acc).arg(acc).arg(in.get(1)).arg(acc).arg(acc.numel()).launch();
        }
    }

    private static void affine(CudaDevice cuda, Affine op, List<Tensor> in, List<Tensor> out) {
        affine(cuda, in.get(0), out.get(0), (float) op.scale(), (float) op.shift());
    }

    private static void scale(CudaDevice cuda, ScaleInPlace op, List<Tensor> in, List<Tensor> out) {
        affine(cuda, in.get(0), in.get(0), (float) op.factor(), 0);
    }

    private static void affine(CudaDevice cuda, Tensor x, Tensor y, float scale, float shift) {
        if (y.numel() == 0) {
            return;
        }
        KernelLaunch launch = shared(cuda, "pointwise", shift == 0 ? "scale" : "affine", y).arg(x).arg(y).arg(scale);
        (shift == 0 ? launch : launch.arg(shift)).arg(y.numel()).launch();
    }

    private static void fill(CudaDevice cuda, FillInPlace op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        if (x.numel() > 0) {
            shared(cuda, "pointwise", "fill", x).arg(x).arg((float) op.value()).arg(x.numel()).launch();
        }
    }

    private static void unary(CudaDevice cuda, Unary op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        if (y.numel() > 0) {
            shared(cuda, "unary", op.name(), y).arg(in.get(0)).arg(y).arg(y.numel()).launch();
        }
    }

    private static void unaryBackward(CudaDevice cuda, UnaryBackward op, List<Tensor> in, List<Tensor> out) {
        Tensor dx = out.get(0);
        if (dx.numel() > 0) {
            shared(cuda, "unary", op.name(), dx).arg(in.get(0)).arg(in.get(1)).arg(dx).arg(dx.numel()).launch();
        }
    }

    private static void tokenEmbedding(CudaDevice cuda, TokenEmbedding op, List<Tensor> in, List<Tensor> out) {
        Tensor patches = in.get(0);
        Tensor y = out.get(0);
        if (y.numel() == 0) {
            return;
        }
        int n = elementsOf16Bytes(patches);
        boolean vector = y.dim(2) % n == 0 && aligned16(y.address())
                && in.stream().allMatch(x -> aligned16(x.address()));
        int group = vector ? n : 1;
        int width = y.dim(2) / group;
        int row = Math.multiplyExact(y.dim(1), width);
        int bytes = group * y.dtype().bytes();
        int patchBytes = group * patches.dtype().bytes();
        MoveLaunchers.rows(y.dim(0), row, (from, samples) -> {
            int count = Math.toIntExact(samples * row);
            cuda.kernel("pointwise", "token_embedding_" + CudaDevice.suffix(patches.dtype())).gridFor(count, BLOCK)
                    .block(BLOCK).arg(patches.address() + from * (row - width) * patchBytes).arg(in.get(1))
                    .arg(in.get(2)).arg(y.address() + from * row * bytes).arg(vector).arg(count).arg(FastDivision.by(row))
                    .arg(row).arg(width).launch();
        });
    }
}
