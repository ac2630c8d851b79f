package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.DTypeException;
import dev.fathom.engine.errors.ShapeException;
import java.util.List;

/** Shape and dtype rules that many operations share, with one wording. */
public final class InferRules {
    private InferRules() {
    }

    /** The number of arguments. */
    public static void arity(String op, List<TensorSpec> in, int expected) {
        if (in.size() != expected) {
            throw new ShapeException(op + ": takes " + expected + " tensors, got " + in.size() + " " + in);
        }
    }

    /** A floating-point argument of one of the dtypes that operations compute in. */
    public static void isFloat(String op, String argument, TensorSpec spec) {
        if (!spec.dtype().isFloat()) {
            throw new DTypeException(op + ": " + argument + " must be floating-point, got " + spec);
        }
    }

    /** Two arguments of one dtype. */
    public static void sameDType(String op, String nameA, TensorSpec a, String nameB, TensorSpec b) {
        if (a.dtype() != b.dtype()) {
            throw new DTypeException(op + ": " + nameA + " " + a + " and " + nameB + " " + b
                    + " have different dtypes");
        }
    }

    /**
     * What sums over values of a dtype are held in, and therefore what biases, norms' parameters, statistics and the
     * gradients of weights are beside it: float64 beside float64, else float32.
     */
    public static DType wide(DType dtype) {
        return dtype == DType.F64 ? DType.F64 : DType.F32;
    }

    /** An argument that is added or multiplied in before the one rounding to x's dtype: {@link #wide} beside x. */
    public static void isWide(String op, String argument, TensorSpec spec, TensorSpec x) {
        if (spec.dtype() != wide(x.dtype())) {
            throw new DTypeException(op + ": " + argument + " must be " + wide(x.dtype()) + " beside x " + x + ", got "
                    + spec);
        }
    }

    public static void isDType(String op, String argument, TensorSpec spec, DType dtype) {
        if (spec.dtype() != dtype) {
            throw new DTypeException(op + ": " + argument + " must be " + dtype + ", got " + spec);
        }
    }

    public static void rank(String op, String argument, TensorSpec spec, int rank, String layout) {
        if (spec.rank() != rank) {
            throw new ShapeException(op + ": " + argument + " must be " + layout + ", got " + spec.shape());
        }
    }

    public static void sameShape(String op, String nameA, TensorSpec a, String nameB, TensorSpec b) {
        if (!a.shape().equals(b.shape())) {
            throw new ShapeException(op + ": " + nameA + " " + a.shape() + " and " + nameB + " " + b.shape()
                    + " must have the same shape");
        }
    }

    /** An extent with a given value: {@code what} says where that value comes from. */
    public static void extent(String op, String argument, TensorSpec spec, int axis, int expected, String what) {
        if (spec.rank() == 0 || spec.dim(axis) != expected) {
            throw new ShapeException(op + ": " + argument + spec.shape() + " must have extent " + expected
                    + " at axis " + axis
                    + " (" + what + ")");
        }
    }

    /** A tensor with a last axis: {@code layout} shows which, for example {@code [..., C]}. */
    public static void atLeastRank(String op, String argument, TensorSpec spec, int rank, String layout) {
        if (spec.rank() < rank) {
            throw new ShapeException(op + ": " + argument + " must be " + layout + ", got " + spec.shape());
        }
    }

    /** A tensor [n]: {@code what} says where n comes from. */
    public static void vector(String op, String argument, TensorSpec spec, int n, String what) {
        if (spec.rank() != 1 || spec.dim(0) != n) {
            throw new ShapeException(op + ": " + argument + spec.shape() + " must be [" + n + "] (" + what + ")");
        }
    }

    /** A tensor of exactly this shape and dtype. */
    public static void same(String op, String argument, TensorSpec spec, TensorSpec expected) {
        if (!spec.equals(expected)) {
            throw new ShapeException(op + ": " + argument + " must be " + expected + ", got " + spec);
        }
    }

    /**
     * The bias of a product: one number for each of the weight's outputs, which are its axis {@code outputs}; float32
     * beside 16-bit x, because it is added to the sum before that is rounded.
     */
    public static void bias(String op, TensorSpec x, TensorSpec weight, int outputs, TensorSpec bias) {
        isWide(op, "bias", bias, x);
        rank(op, "bias", bias, 1, "[O]");
        extent(op, "bias", bias, 0, weight.dim(outputs), "weight" + weight.shape() + " axis " + outputs);
    }
}
