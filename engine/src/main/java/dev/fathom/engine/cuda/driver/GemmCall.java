package dev.fathom.engine.cuda.driver;

import dev.fathom.engine.DType;

/**
 * One matrix product with exactly the conventions of {@code cublasGemmStridedBatchedEx}: <b>column-major</b>,
 * C = alpha op(A) op(B) + beta C, where op(A) is m x k, op(B) is k x n and C is m x n, for {@code batch} matrices that
 * lie {@code stride} elements apart.
 *
 * <p>Element (row, column) of a stored matrix is at element {@code row + column * leading} from its address. A stored
 * matrix has m rows when it is taken as it is and k rows when it is transposed (B: k and n), and {@code leading} is at
 * least that. A stride of 0 uses the same matrix in every product (never for C).
 *
 * <p>Sums are float32 for every dtype ({@code CUBLAS_COMPUTE_32F}); float32 operands are never shortened to TF32, and
 * half operands never have their partial sums rounded to half
 * ({@code CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION}). With beta = 0, C is not read.
 *
 * <p>Half operands must start at a multiple of {@value #HALF_ALIGNMENT} bytes, with leading dimensions and strides that
 * are multiples of 8 elements: cuBLAS would take others, but on a slow path and in another order of summation. A
 * launcher that has others uses the project's own kernels.
 *
 * @param m rows of op(A) and C
 * @param n columns of op(B) and C
 * @param k columns of op(A), rows of op(B)
 * @param batch number of products
 * @param a the left operand
 * @param b the right operand, of A's dtype
 * @param c the result: float32, or A's dtype; never transposed
 * @param alpha factor of the product
 * @param beta factor of C's former content
 */
public record GemmCall(int m, int n, int k, int batch, Operand a, Operand b, Operand c, float alpha, float beta) {
    /** What the address of a half operand is a multiple of. */
    public static final int HALF_ALIGNMENT = 16;

    /**
     * A stored column-major matrix, or a row of them.
     *
     * @param address device address of the first element of the first matrix
     * @param type float32, float16 or bfloat16
     * @param transposed whether the product takes its transpose
     * @param leading elements from the start of one column to the start of the next
     * @param stride elements from one matrix of the batch to the next
     */
    public record Operand(long address, DType type, boolean transposed, int leading, long stride) {
        /** One matrix for all products of a batch. */
        public static Operand of(long address, DType type, boolean transposed, int leading) {
            return new Operand(address, type, transposed, leading, 0);
        }
    }

    /** A single product C = op(A) op(B). */
    public static GemmCall single(int m, int n, int k, Operand a, Operand b, Operand c) {
        return new GemmCall(m, n, k, 1, a, b, c, 1, 0);
    }

    /**
     * The same product said in <b>row-major</b> terms: Y[m,n] = op(A)[m,k] op(B)[k,n], where a stored row-major matrix
     * with {@code leading} elements a row. Row-major Y is column-major Yᵀ = op(B)ᵀ op(A)ᵀ, so the operands change
     * places and nothing else changes.
     *
     * @param a the left operand; {@code transposed} when it is stored as [k,m]
     * @param b the right operand; {@code transposed} when it is stored as [n,k]
     */
    public static GemmCall rowMajor(int m, int n, int k, int batch, Operand a, Operand b, Operand y) {
        return new GemmCall(n, m, k, batch, b, a, y, 1, 0);
    }

    /** Rows of A as it is stored. */
    public int storedRowsOfA() {
        return a.transposed ? k : m;
    }

    /** Rows of B as it is stored. */
    public int storedRowsOfB() {
        return b.transposed ? n : k;
    }
}
