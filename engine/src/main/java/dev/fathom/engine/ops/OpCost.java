package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import java.util.List;

/**
 * What an operation costs at least, by the shapes and dtypes of its arguments alone.
 *
 * @param flops floating-point operations of its matrix products, two a multiply-add: what tensor cores could take over.
 * 0 where there is no product: such an operation is as fast as its bytes
 * @param bytes read from and written to memory: every argument once, every result once
 */
public record OpCost(long flops, long bytes) {
    /** Nothing moves and nothing is computed: a view. */
    public static final OpCost NOTHING = new OpCost(0, 0);

    /** Every argument read once, every result written once. */
    public static OpCost streaming(List<TensorSpec> in, List<TensorSpec> out) {
        return products(0, in, out);
    }

    /**
     * The same with products.
     *
     * @param multiplyAdds how many, all products together
     */
    public static OpCost products(long multiplyAdds, List<TensorSpec> in, List<TensorSpec> out) {
        return new OpCost(2 * multiplyAdds, bytes(in) + bytes(out));
    }

    /** Every argument read once, and those that are updated in place written once. */
    public static OpCost inPlace(Op op, List<TensorSpec> in) {
        long bytes = bytes(in);
        for (int i : op.mutates()) {
            bytes += in.get(i).bytes();
        }
        return new OpCost(0, bytes);
    }

    /** The sum of two. */
    public OpCost plus(OpCost more) {
        return new OpCost(flops + more.flops, bytes + more.bytes);
    }

    /**
     * Seconds that it takes where neither arithmetic nor memory can be faster than this.
     *
     * @param flopsPerSecond of products, {@code bytesPerSecond} of memory
     */
    public double seconds(double flopsPerSecond, double bytesPerSecond) {
        return Math.max(flops / flopsPerSecond, bytes / bytesPerSecond);
    }

    private static long bytes(List<TensorSpec> specs) {
        return specs.stream().mapToLong(TensorSpec::bytes).sum();
    }
}
