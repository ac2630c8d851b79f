package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.cpu.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The error function and what follows from it: the normal distribution function and exact GELU, on vectors of
 * {@link Lanes#F32}. Lane by lane, the same bits at every width, as in {@link VectorMath}.
 *
 * <p>All of it rests on erfcx(z) = e^(z^2) erfc(z), which falls smoothly from 1 to 0.05 on [0, 10.3] and is one
 * polynomial of degree 10 in u = (z - 3) / (z + 3). Multiplying it by e^(-z^2) gives erfc with a small
 * <em>relative</em> error, so GELU keeps its digits in the negative tail, where (1 + erf) would cancel them.
 *
 * <p>Each function comes in two or three steps, each with the result of the one before as an argument. They belong into
 * separate loops: the JIT compiler stops inlining in a loop with as many operations as all steps have together, and
 * vectors then become objects (measured: 100 ns a vector instead of 14).
 */
public final class NormalMath {
    private static final float SQRT_HALF = 0.70710678f;
    /** 2 / sqrt(pi) in two parts: the float nearest to it and what is missing. */
    private static final float TWO_OVER_SQRT_PI = 1.1283791f;
    private static final float TWO_OVER_SQRT_PI_LOW = 6.0574e-8f;
    private static final float ONE_OVER_SQRT_2PI = 0.39894228f;

    /** Beyond this e^(-x^2/2) is 0 in float32, and with it the smaller tail. */
    private static final float BELL_END = 14.6f;
    /** Beyond this erf is 1 in float32. */
    private static final float ERF_END = 5f;

    private NormalMath() {
    }

    private static FloatVector all(float value) {
        return FloatVector.broadcast(Lanes.F32, value);
    }

    /** |x|, but at most {@code limit}; NaN stays NaN. */
    private static FloatVector magnitude(FloatVector x, float limit) {
        FloatVector a = x.abs();
        return a.blend(limit, a.compare(VectorOperators.GT, limit));
    }

    /**
     * First step of {@link #gelu} and {@link #geluDerivative}: e^(-x^2/2), at most 1 ulp off, 0 where it is below
     * 2^-126. The rounding error of x^2 is recovered and applied, else it would count x^2/2 times.
     */
    public static FloatVector bell(FloatVector x) {
        FloatVector a = magnitude(x, BELL_END);
        FloatVector b = a.mul(-0.5f);
        FloatVector product = a.mul(b);
        FloatVector missing = a.fma(b, product.neg());
        return VectorMath.expFlushed(product, missing.neg());
    }

    /**
     * Exact GELU, x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, at most 6 ulp off; 0 for x below -13.2.
     * As in PyTorch gelu(-inf) is NaN, the product of -inf and 0.
     *
     * @param bell {@link #bell} of x
     */
    public static FloatVector gelu(FloatVector x, FloatVector bell) {
        return x.mul(phi(x, bell));
    }

    /**
     * Derivative of exact GELU: Phi(x) + x phi(x) with the normal density phi; absolute error below 2e-7.
     * NaN for infinite x, as in PyTorch.
     *
     * @param bell {@link #bell} of x
     */
    public static FloatVector geluDerivative(FloatVector x, FloatVector bell) {
        return x.mul(ONE_OVER_SQRT_2PI).fma(bell, phi(x, bell));
    }

    /** Normal distribution function of x, given bell = e^(-x^2/2). */
    private static FloatVector phi(FloatVector x, FloatVector bell) {
        FloatVector z = magnitude(x, BELL_END).mul(SQRT_HALF);
        FloatVector far = halfErfcx(z).mul(bell);
        return all(1f).sub(far).blend(far, x.compare(VectorOperators.LT, 0f));
    }

    /** First step of {@link #erf}: e^(-x^2), with |x| clamped to 5. */
    public static FloatVector erfBell(FloatVector x) {
        FloatVector z = magnitude(x, ERF_END);
        return VectorMath.expFlushed(z.mul(z.neg()));
    }

    /** Second step of {@link #erf}: erfc(|x|) / 2, from {@link #erfBell} of x; accurate for |x| of at least 1. */
    public static FloatVector halfErfc(FloatVector x, FloatVector bell) {
        return halfErfcx(magnitude(x, ERF_END)).mul(bell);
    }

    /**
     * Error function, at most 2 ulp off. erf(+-inf) = +-1, erf(-0) = -0, erf(NaN) = NaN.
     * Below 1 an odd polynomial, above 1 - erfc.
     *
     * @param halfErfc {@link #halfErfc} of x
     */
    public static FloatVector erf(FloatVector x, FloatVector halfErfc) {
        FloatVector z = x.abs();
        FloatVector square = z.mul(z);
        FloatVector p = all(7.853494e-05f).fma(square, all(-0.00080119993f));
        p = p.fma(square, all(0.005188813f));
        p = p.fma(square, all(-0.026854273f));
        p = p.fma(square, all(0.11283604f));
        p = p.fma(square, all(-0.3761263f));
        p = p.fma(square, all(TWO_OVER_SQRT_PI_LOW));
        FloatVector near = p.fma(z, z.mul(TWO_OVER_SQRT_PI));
        FloatVector far = halfErfc.fma(all(-2f), all(1f));
        return VectorMath.withSignOf(far.blend(near, z.compare(VectorOperators.LT, 1f)), x);
    }

    /** Half of e^(z^2) erfc(z) for 0 <= z <= 10.3; relative error of the polynomial itself 8e-9. */
    private static FloatVector halfErfcx(FloatVector z) {
        FloatVector inverse = all(1f).div(z.add(3f));
        FloatVector v = z.sub(3f).mul(inverse);
        // v is u with three roundings, which the steep end near z = 0 would show. The residual z - 3 - v (z + 3) in two
        // fused steps removes all but the last.
        FloatVector residual = v.neg().fma(z, v.add(1f).fma(all(-3f), z));
        FloatVector u = inverse.fma(residual, v);
        FloatVector p = all(0.5f * 5.4191256e-05f).fma(u, all(0.5f * 3.0540792e-05f));
        p = p.fma(u, all(0.5f * -0.0005871971f));
        p = p.fma(u, all(0.5f * 0.00071686844f));
        p = p.fma(u, all(0.5f * 0.004264242f));
        p = p.fma(u, all(0.5f * -0.02439515f));
        p = p.fma(u, all(0.5f * 0.07166693f));
        p = p.fma(u, all(0.5f * -0.15011565f));
        p = p.fma(u, all(0.5f * 0.24560371f));
        p = p.fma(u, all(0.5f * -0.32623357f));
        return p.fma(u, all(0.5f * 0.17900115f));
    }
}
