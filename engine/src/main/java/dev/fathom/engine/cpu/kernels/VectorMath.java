package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.cpu.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Exponential, logarithm and their relatives on {@link FloatVector}s of {@link Lanes#F32}.
 *
 * <p>Every method works lane by lane and uses only correctly rounded operations (add, multiply, fused multiply-add,
 * divide, square root, integer operations). So the value of an element depends neither on its lane nor on the vector
 * width nor on the machine: a tail handled by a masked load gets the same bits as the middle of the array.
 * {@code VectorOperators.EXP} and its siblings are avoided on purpose: they call a vendor library where one exists and
 * fall back to one scalar call per lane where none does.
 *
 * <p>Polynomials were fitted to the smallest largest relative error, with the coefficients rounded to float32 one after
 * the other and the later ones refitted. "ulp" below means units in the last place of the exact result; the errors were
 * measured against {@link StrictMath} in float64 (VectorMathTest repeats a part of that measurement).
 *
 * <p>The methods are small so that the JIT compiler inlines them; a vector that crosses a call that was not inlined
 * would become an object on the heap.
 */
public final class VectorMath {
    /** 1.5 * 2^23: adding it to a float of size below 2^22 leaves the nearest integer in the low bits of the sum. */
    static final float ROUNDER = 12582912f;
    private static final int ROUNDER_BITS = 0x4B400000;

    /** 2^r = 1 + r (EXP2_1 + r (EXP2_2 + ...)) for |r| at most 1/2. */
    static final float EXP2_6 = 0.00015328582f;
    static final float EXP2_5 = 0.0013390987f;
    static final float EXP2_4 = 0.009618501f;
    static final float EXP2_3 = 0.055503596f;
    static final float EXP2_2 = 0.24022648f;
    static final float EXP2_1 = 0.6931472f;

    private static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts: the float nearest to it and what is missing. */
    private static final float LN2_HIGH = 0.693147182f;
    private static final float LN2_LOW = -1.90465421e-9f;

    /** The smallest normal float, 2^-126. */
    private static final float MIN_NORMAL = 0x1p-126f;

    private VectorMath() {
    }

    private static FloatVector all(float value) {
        return FloatVector.broadcast(Lanes.F32, value);
    }

    /**
     * e^x, at most 1 ulp off over the whole range, gradual underflow included.
     * exp(-inf) = 0, exp(+inf) = +inf, exp(NaN) = NaN, above 88.7229 the result is +inf.
     *
     * <p>x = n ln 2 + r with integer n and |r| at most ln(2)/2; e^r by a polynomial of degree 6; 2^n as two factors, so
     * that neither overflows before the product does and a subnormal result is rounded once.
     */
    public static FloatVector exp(FloatVector x) {
        // Comparisons with NaN are false, so NaN passes the clamps. Beyond them the result is 0 or infinite anyway.
        FloatVector clamped = x.blend(-104.5f, x.compare(VectorOperators.LT, -104.5f));
        clamped = clamped.blend(89f, clamped.compare(VectorOperators.GT, 89f));
        FloatVector shifted = clamped.fma(all(LOG2_E), all(ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(all(-LN2_HIGH), clamped);
        r = n.fma(all(-LN2_LOW), r);
        FloatVector p = expPolynomial(r);
        IntVector exponent = shifted.reinterpretAsInts().sub(ROUNDER_BITS);
        IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
        IntVector rest = exponent.sub(half);
        return p.mul(powerOfTwo(half)).mul(powerOfTwo(rest));
    }

    /** 1 + r + r^2 q(r): e^r for |r| at most ln(2)/2, relative error of the polynomial itself 3.2e-9. */
    private static FloatVector expPolynomial(FloatVector r) {
        FloatVector q = all(0.0013820734f).fma(r, all(0.008368677f));
        q = q.fma(r, all(0.041668266f));
        q = q.fma(r, all(0.16666521f));
        q = q.fma(r, all(0.49999994f));
        return q.fma(r.mul(r), r).add(1f);
    }

    /** 2^n for -126 <= n <= 127, by writing the exponent field. */
    private static FloatVector powerOfTwo(IntVector n) {
        return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }

    /**
     * e^(x - correction) for x at most 88 and a correction that is tiny, results below 2^-126 replaced by 0: fewer
     * instructions than {@link #exp}, and the same error. The correction is for callers that know the rounding error of
     * their x. NaN gives NaN, -inf gives 0.
     */
    static FloatVector expFlushed(FloatVector x, FloatVector correction) {
        FloatVector shifted = x.fma(all(LOG2_E), all(ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(all(-LN2_HIGH), x);
        r = n.fma(all(-LN2_LOW), r).sub(correction);
        return scaled(expPolynomial(r), shifted).blend(0f, x.compare(VectorOperators.LT, -87.33f));
    }

    /** {@link #expFlushed(FloatVector, FloatVector)} without a correction. */
    static FloatVector expFlushed(FloatVector x) {
        FloatVector shifted = x.fma(all(LOG2_E), all(ROUNDER));
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(all(-LN2_HIGH), x);
        r = n.fma(all(-LN2_LOW), r);
        return scaled(expPolynomial(r), shifted).blend(0f, x.compare(VectorOperators.LT, -87.33f));
    }

    /**
     * p 2^n where {@code shifted} is n + {@link #ROUNDER}. The low 9 bits of the rounder are zero, so a shift leaves n
     * in the exponent field and one integer addition scales; no check for a result outside the normal numbers.
     */
    private static FloatVector scaled(FloatVector p, FloatVector shifted) {
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    }

    /**
     * 2^x for x at most 127, results below 2^-126 replaced by 0: the exponential of softmax, whose arguments are
     * differences to a maximum. At most 1 ulp off for x in [-126, 127]; NaN gives NaN, -inf gives 0; above 127.5 the
     * result is meaningless.
     */
    public static FloatVector exp2Flushed(FloatVector x) {
        FloatVector shifted = x.add(ROUNDER);
        FloatVector r = x.sub(shifted.sub(ROUNDER));
        FloatVector q = all(EXP2_6).fma(r, all(EXP2_5));
        q = q.fma(r, all(EXP2_4));
        q = q.fma(r, all(EXP2_3));
        q = q.fma(r, all(EXP2_2));
        q = q.fma(r, all(EXP2_1));
        q = q.fma(r, all(1f));
        return scaled(q, shifted).blend(0f, x.compare(VectorOperators.LT, -126f));
    }

    /**
     * Natural logarithm, at most 1 ulp off, subnormal arguments included.
     * log(0) = log(-0) = -inf, log(+inf) = +inf, log of a negative number or NaN = NaN.
     *
     * <p>x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = f - f^2/2 + f^3 q(f) with f = m - 1.
     */
    public static FloatVector log(FloatVector x) {
        var subnormal = x.compare(VectorOperators.LT, MIN_NORMAL);
        FloatVector normal = x.blend(x.mul(0x1p23f), subnormal);
        IntVector bits = normal.reinterpretAsInts();
        // 0x3F3504F3 are the bits of sqrt(1/2): the difference changes its exponent exactly where m starts again.
        IntVector e = bits.sub(0x3F3504F3).lanewise(VectorOperators.ASHR, 23);
        FloatVector f = bits.sub(e.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(1f);
        FloatVector exponent = e.add(ROUNDER_BITS).reinterpretAsFloats().sub(ROUNDER);
        exponent = exponent.blend(exponent.sub(23f), subnormal);
        FloatVector square = f.mul(f);
        FloatVector tail = logPolynomial(f).mul(f).mul(square);
        tail = exponent.fma(all(LN2_LOW), tail);
        tail = square.fma(all(-0.5f), tail);
        FloatVector result = exponent.fma(all(LN2_HIGH), f.add(tail));
        result = result.blend(x, x.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY));
        result = result.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0f));
        return all(Float.NaN).blend(result, x.compare(VectorOperators.GE, 0f));
    }

    /** q(f) of {@link #log}: relative error of ln m by the polynomial itself 8e-10. */
    private static FloatVector logPolynomial(FloatVector f) {
        FloatVector q = all(0.06749539f).fma(f, all(-0.11670183f));
        q = q.fma(f, all(0.11883471f));
        q = q.fma(f, all(-0.12406208f));
        q = q.fma(f, all(0.14220363f));
        q = q.fma(f, all(-0.1666799f));
        q = q.fma(f, all(0.20002072f));
        q = q.fma(f, all(-0.2500001f));
        return q.fma(f, all(0.33333313f));
    }

    /**
     * Logistic function 1 / (1 + e^-x), at most 3 ulp off; 0 for x below -87.33, where it is subnormal.
     * sigmoid(-inf) = 0, sigmoid(+inf) = 1.
     *
     * <p>Computed from z = e^-|x| as 1/(1+z) or z/(1+z), so that nothing overflows and nothing cancels.
     */
    public static FloatVector sigmoid(FloatVector x) {
        FloatVector z = expFlushed(x.abs().neg());
        FloatVector numerator = all(1f).blend(z, x.compare(VectorOperators.LT, 0f));
        return numerator.div(z.add(1f));
    }

    /**
     * SiLU, x sigmoid(x), at most 4 ulp off; 0 for x below -87.33. As in PyTorch silu(-inf) is NaN, the product of -inf
     * and 0.
     */
    public static FloatVector silu(FloatVector x) {
        return x.mul(sigmoid(x));
    }

    /**
     * Derivative of SiLU: s (1 + x (1 - s)) with s = sigmoid(x).
     * Its absolute error is below 1.5e-7; it has a zero near -1.278, where a relative error means nothing.
     */
    public static FloatVector siluDerivative(FloatVector x) {
        FloatVector z = expFlushed(x.abs().neg());
        FloatVector large = all(1f).div(z.add(1f));
        FloatVector small = z.mul(large);
        var negative = x.compare(VectorOperators.LT, 0f);
        FloatVector s = large.blend(small, negative);
        FloatVector complement = small.blend(large, negative);
        // Far out one factor is 0 and x may be infinite: x is clamped where the product has long vanished.
        FloatVector inner = x.blend(-110f, x.compare(VectorOperators.LT, -110f));
        inner = inner.blend(110f, inner.compare(VectorOperators.GT, 110f));
        return inner.mul(complement).fma(s, s);
    }

    /**
     * Hyperbolic tangent, at most 2 ulp off. tanh(+-inf) = +-1, tanh(-0) = -0.
     *
     * <p>Below 0.625 x + x^3 q(x^2), above 1 - 2 z / (1 + z) with z = e^-2|x| and the sign of x.
     */
    public static FloatVector tanh(FloatVector x) {
        FloatVector a = x.abs();
        FloatVector square = a.mul(a);
        FloatVector q = all(-0.0056963395f).fma(square, all(0.020630904f));
        q = q.fma(square, all(-0.053737063f));
        q = q.fma(square, all(0.13331409f));
        q = q.fma(square, all(-0.3333328f));
        FloatVector near = q.mul(square).fma(a, a);
        FloatVector z = expFlushed(a.mul(-2f));
        FloatVector far = all(1f).sub(z.add(z).div(z.add(1f)));
        return withSignOf(far.blend(near, a.compare(VectorOperators.LT, 0.625f)), x);
    }

    /** {@code magnitude} (not negative) with the sign bit of {@code sign}. */
    static FloatVector withSignOf(FloatVector magnitude, FloatVector sign) {
        IntVector bit = sign.reinterpretAsInts().and(0x80000000);
        return magnitude.reinterpretAsInts().or(bit).reinterpretAsFloats();
    }
}
