package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;

/**
 * A row-major product and what follows it:
 *
 * <pre>
 * z[b,i,j] = bias[j] + sum over k of op(A)[b,i,k] op(B)[b,k,j]          stored in {@code before}, if there is one
 * y[b,i,j] = f( residual[b,i,j] + gamma[j] gelu(z[b,i,j]) )
 * </pre>
 *
 * All matrices are dense; addresses of what is left out are 0.
 *
 * @param type dtype of A, B and {@code before}
 * @param m rows of op(A)
 * @param n columns of op(B)
 * @param k columns of op(A)
 * @param transposeA A is stored as [k,m]
 * @param transposeB B is stored as [n,k]
 * @param batch number of products
 * @param a address of the first A
 * @param strideA elements from one A to the next, 0 for the same one
 * @param b address of the first B
 * @param strideB elements from one B to the next, 0 for the same one
 * @param y address of the results, one after the other
 * @param wide whether y and the residual are float32 beside 16-bit A and B
 * @param tail what follows
 */
record Product(DType type, int m, int n, int k, boolean transposeA, boolean transposeB, int batch,
               long a, long strideA, long b, long strideB, long y, boolean wide, Tail tail) {
    /** What is done to the sums; codes as in epilogue.cuh. */
    enum Function {
        LINEAR, GELU, RELU, SIGMOID;

        int code() {
            return ordinal();
        }
    }

    /**
     * What follows a product.
     *
     * @param bias address of n float32 numbers, or 0
     * @param gamma address of n float32 numbers, or 0
     * @param residual address of a matrix like y, or 0
     * @param before address of a matrix of y's shape and A's dtype, or 0
     * @param function GELU before gamma and the residual, RELU after them
     */
    record Tail(long bias, long gamma, long residual, long before, Function function) {
        static final Tail NONE = new Tail(0, 0, 0, 0, Function.LINEAR);

        static Tail bias(long address, Function function) {
            return new Tail(address, 0, 0, 0, function);
        }
    }

    /** A single product without a tail. */
    static Product single(DType type, int m, int n, int k, long a, boolean transposeA, long b, boolean transposeB,
                          long y, boolean wide) {
        return new Product(type, m, n, k, transposeA, transposeB, 1, a, 0, b, 0, y, wide, Tail.NONE);
    }

    Product followedBy(Tail next) {
        return new Product(type, m, n, k, transposeA, transposeB, batch, a, strideA, b, strideB, y, wide, next);
    }

    long macs() {
        return (long) m * n * k * batch;
    }

    boolean half() {
        return type != DType.F32;
    }

    /** Dtype of y. */
    DType resultType() {
        return wide ? DType.F32 : type;
    }

    /** Elements of one stored line of A. */
    int lineA() {
        return transposeA ? m : k;
    }

    /** Elements of one stored line of B. */
    int lineB() {
        return transposeB ? k : n;
    }

    boolean isEmpty() {
        return m == 0 || n == 0 || batch == 0;
    }
}
