package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.numeric.HalfFloats;

/**
 * mma.sync of shape m16n8k8 or m16n8k16 with binary16 or bfloat16 operands: D [16,8] = A [16,K] B [K,8] + C [16,8], the
 * elements spread over the lanes of a warp as the PTX manual draws it: with g = lane / 4 and t = lane mod 4, a lane holds
 * rows g and g + 8 of A, C and D at columns 2t and 2t + 1 (and those plus 8 of A), and column g of B at rows 2t and 2t + 1.
 *
 * <p>Products are exact and summed in binary64, then rounded once: a GPU's tensor core rounds in between, in an order that
 * is not documented, so compare with a tolerance of binary32 (or binary16, if that accumulates).
 */
public final class MatrixProductStep extends Step {
    private final int depth;
    private final boolean brain;
    private final boolean halfIn;
    private final boolean halfOut;
    private final Cell[] d;
    private final Cell[] a;
    private final Cell[] b;
    private final Cell[] c;

    /**
     * @param depth   K: 8 or 16
     * @param brain   true for bfloat16 operands
     * @param halfIn  true if C is binary16
     * @param halfOut true if D is binary16
     */
    public MatrixProductStep(Instruction at, int guard, boolean negated, int depth, boolean brain, boolean halfIn,
            boolean halfOut, Cell[] d, Cell[] a, Cell[] b, Cell[] c) {
        super(at, guard, negated);
        this.depth = depth;
        this.brain = brain;
        this.halfIn = halfIn;
        this.halfOut = halfOut;
        this.d = d;
        this.a = a;
        this.b = b;
        this.c = c;
    }

    @Override
    protected void run(Warp w, int mask) {
        if (mask != -1) {
            throw w.block.fault(FaultKind.INCOMPLETE_WARP, at, w, mask,
                    FaultText.verb(mask, "execute") + " mma without the rest of their warp: all 32 lanes must.");
        }
        double[] left = new double[16 * depth];
        double[] right = new double[depth * 8];
        double[] sum = new double[16 * 8];
        for (int lane = 0; lane < 32; lane++) {
            int g = lane >> 2;
            int t = (lane & 3) * 2;
            for (int i = 0; i < a.length; i++) {
                int at = (g + 8 * (i & 1)) * depth + t + 8 * (i >> 1);
                int bits = w.r[a[i].slot() + lane];
                left[at] = wide(bits);
                left[at + 1] = wide(bits >>> 16);
            }
            for (int i = 0; i < b.length; i++) {
                int at = (t + 8 * i) * 8 + g;
                int bits = w.r[b[i].slot() + lane];
                right[at] = wide(bits);
                right[at + 8] = wide(bits >>> 16);
            }
            for (int i = 0; i < 4; i++) {
                int at = (g + 8 * (i >> 1)) * 8 + t + (i & 1);
                sum[at] = halfIn ? HalfFloats.fromFloat16((short) (w.r[c[i >> 1].slot() + lane] >>> 16 * (i & 1)))
                        : Float.intBitsToFloat(w.r[c[i].slot() + lane]);
            }
        }
        multiply(left, right, sum);
        for (int lane = 0; lane < 32; lane++) {
            int at = (lane >> 2) * 8 + (lane & 3) * 2;
            for (int i = 0; i < 2; i++, at += 64) {
                if (halfOut) {
                    w.r[d[i].slot() + lane] = HalfFloats.toFloat16(sum[at]) & 0xffff | HalfFloats.toFloat16(sum[at + 1]) << 16;
                } else {
                    w.r[d[2 * i].slot() + lane] = Float.floatToRawIntBits((float) sum[at]);
                    w.r[d[2 * i + 1].slot() + lane] = Float.floatToRawIntBits((float) sum[at + 1]);
                }
            }
        }
    }

    private float wide(int bits) {
        return brain ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat((short) bits);
    }

    private void multiply(double[] left, double[] right, double[] sum) {
        for (int i = 0; i < 16; i++) {
            int row = 8 * i;
            for (int k = 0; k < depth; k++) {
                double x = left[i * depth + k];
                int from = 8 * k;
                for (int j = 0; j < 8; j++) {
                    sum[row + j] += x * right[from + j];
                }
            }
        }
    }
}
