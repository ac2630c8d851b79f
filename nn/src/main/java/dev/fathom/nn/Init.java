package dev.fathom.nn;

import dev.fathom.engine.numeric.Philox;
import java.nio.charset.StandardCharsets;
import java.util.function.DoubleSupplier;

/**
 * How a parameter starts when no checkpoint fills it. The numbers depend on the seed and the parameter's name alone, so
 * adding a module changes nobody else's start.
 */
public sealed interface Init {
    /** All elements the same. */
    record Constant(double value) implements Init {
    }

    /** Normal with this standard deviation. */
    record Normal(double std) implements Init {
    }

    /**
     * Normal, redrawn while it is more than {@code bound} away from 0: {@code trunc_normal_(std)} of timm and PyTorch,
     * whose bounds are the absolute numbers -2 and 2.
     */
    record TruncatedNormal(double std, double bound) implements Init {
    }

    /** U(-b, b) with b = 1/sqrt(fanIn): PyTorch's default for convolutions and linears, weight and bias alike. */
    record UniformFanIn(long fanIn) implements Init {
    }

    /** Draws the elements one after another, in PyTorch's order; each is to be rounded to float32. */
    default DoubleSupplier values(String name, long seed) {
        long stream = fnv1a(name);
        Philox random = new Philox(seed, (int) stream, (int) (stream >>> 32), PURPOSE);
        return switch (this) {
            case Constant c -> c::value;
            case Normal n -> () -> n.std() * random.nextGaussian();
            case TruncatedNormal t -> () -> {
                double x = t.std() * random.nextGaussian();
                while (Math.abs(x) > t.bound()) {
                    x = t.std() * random.nextGaussian();
                }
                return x;
            };
            case UniformFanIn u -> {
                double b = 1 / Math.sqrt(u.fanIn());
                yield () -> random.nextDouble(-b, b);
            }
        };
    }

    /** Tells these random numbers from those drawn for other purposes under the same seed. */
    int PURPOSE = 0x1217;

    /** A 64-bit hash of the name: which stream a parameter draws from. */
    private static long fnv1a(String name) {
        long h = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            h = (h ^ (b & 0xff)) * 0x100000001b3L;
        }
        return h;
    }
}
