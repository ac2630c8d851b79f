package dev.fathom.engine.dispatch;

import dev.fathom.engine.DType;
import dev.fathom.engine.ops.InferRules;
import dev.fathom.engine.Tensor;
import java.util.List;

/**
 * What {@link Autocast} does to an operation's arguments before it runs. Each operation declares its own
 * ({@link dev.fathom.engine.ops.Op#castRule()}); what decides is where float32 is needed for the result to be good, and
 * where 16 bits make it fast. float64 and everything that is no floating-point number are never touched.
 *
 * @param kind what is done
 * @param inputs for {@link Kind#HALF} bit i set: argument i is cast
 */
public record CastRule(Kind kind, long inputs) {
    /** The four ways. */
    public enum Kind {
        /** The arguments stay what they are: kernels read 16 bits, compute in float32 and round once. */
        AS_IS,
        /** Some arguments become 16-bit: the factors of products. */
        HALF,
        /** 16-bit arguments become float32: sums, exponentials, losses. */
        WIDE,
        /** 16-bit arguments become float32 where another one is: operations on equals. */
        WIDEST
    }

    public static final CastRule AS_IS = new CastRule(Kind.AS_IS, 0);
    public static final CastRule WIDE = new CastRule(Kind.WIDE, 0);
    public static final CastRule WIDEST = new CastRule(Kind.WIDEST, 0);

    /** These arguments become 16-bit; the others (bias, layer scale, residual) stay what they are. */
    public static CastRule half(int... indices) {
        long bits = 0;
        for (int i : indices) {
            bits |= 1L << i;
        }
        return new CastRule(Kind.HALF, bits);
    }

    /** This argument as well. */
    public CastRule and(int index) {
        return new CastRule(kind, inputs | 1L << index);
    }

    /** The dtype that argument {@code i} of {@code in} should have where {@code half} is the 16-bit dtype in force. */
    DType dtype(int i, List<Tensor> in, DType half) {
        DType own = in.get(i).dtype();
        if (!own.isFloat() || own == DType.F64) {
            return own;
        }
        return switch (kind) {
            case AS_IS -> own;
            case HALF -> (inputs >>> i & 1) == 1 ? half : own;
            case WIDE -> InferRules.wide(own);
            case WIDEST -> in.stream().allMatch(t -> t.dtype() == own) ? own : InferRules.wide(own);
        };
    }
}
