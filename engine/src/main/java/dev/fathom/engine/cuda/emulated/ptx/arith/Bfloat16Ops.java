package dev.fathom.engine.cuda.emulated.ptx.arith;

import dev.fathom.engine.numeric.HalfFloats;

/** Arithmetic on bfloat16, one value or a pair in 32 bits. */
public final class Bfloat16Ops {
    private Bfloat16Ops() {
    }

    static float wide(int bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    static char narrow(float value) {
        return (char) HalfFloats.toBfloat16(value);
    }

    @Ptx({"add.bf16", "add.rn.bf16"})
    public static char add(char a, char b) {
        return fma(a, (char) 0x3f80, b);
    }

    @Ptx({"sub.bf16", "sub.rn.bf16"})
    public static char sub(char a, char b) {
        return fma(b, (char) 0xbf80, a);
    }

    @Ptx({"mul.bf16", "mul.rn.bf16"})
    public static char mul(char a, char b) {
        return (char) HalfFloats.toBfloat16((double) wide(a) * wide(b));
    }

    /** The exact product plus c, rounded to odd in binary64 (so that no tie appears by rounding) and then to bfloat16. */
    @Ptx("fma.rn.bf16")
    public static char fma(char a, char b, char c) {
        double product = (double) wide(a) * wide(b);
        double addend = wide(c);
        double sum = product + addend;
        // Knuth's two-sum: what the rounding of the sum left out.
        double back = sum - product;
        double left = product - (sum - back) + (addend - back);
        if (left != 0 && Double.isFinite(sum) && !Double.isNaN(left)) {
            long bits = Double.doubleToRawLongBits(sum);
            if ((bits & 1) == 0) {
                bits += (left > 0) == (sum > 0) ? 1 : -1;
                sum = Double.longBitsToDouble(bits);
            }
        }
        return (char) HalfFloats.toBfloat16(sum);
    }

    @Ptx("fma.rn.relu.bf16")
    public static char fmaRelu(char a, char b, char c) {
        return max(fma(a, b, c), (char) 0);
    }

    @Ptx("neg.bf16")
    public static char neg(char a) {
        return (char) (a ^ 0x8000);
    }

    @Ptx("abs.bf16")
    public static char abs(char a) {
        return (char) (a & 0x7fff);
    }

    @Ptx("min.bf16")
    public static char min(char a, char b) {
        return narrow(FloatOps.min(wide(a), wide(b)));
    }

    @Ptx("max.bf16")
    public static char max(char a, char b) {
        return narrow(FloatOps.max(wide(a), wide(b)));
    }

    @Ptx("fma.rn.bf16x2")
    public static int fma2(int a, int b, int c) {
        return HalfOps.pair(fma(HalfOps.low(a), HalfOps.low(b), HalfOps.low(c)),
                fma(HalfOps.high(a), HalfOps.high(b), HalfOps.high(c)));
    }

    @Ptx({"add.bf16x2", "add.rn.bf16x2"})
    public static int add2(int a, int b) {
        return HalfOps.pair(add(HalfOps.low(a), HalfOps.low(b)), add(HalfOps.high(a), HalfOps.high(b)));
    }

    @Ptx({"sub.bf16x2", "sub.rn.bf16x2"})
    public static int sub2(int a, int b) {
        return HalfOps.pair(sub(HalfOps.low(a), HalfOps.low(b)), sub(HalfOps.high(a), HalfOps.high(b)));
    }

    @Ptx({"mul.bf16x2", "mul.rn.bf16x2"})
    public static int mul2(int a, int b) {
        return HalfOps.pair(mul(HalfOps.low(a), HalfOps.low(b)), mul(HalfOps.high(a), HalfOps.high(b)));
    }

    @Ptx("neg.bf16x2")
    public static int neg2(int a) {
        return a ^ 0x80008000;
    }

    @Ptx("abs.bf16x2")
    public static int abs2(int a) {
        return a & 0x7fff7fff;
    }

    @Ptx("min.bf16x2")
    public static int min2(int a, int b) {
        return HalfOps.pair(min(HalfOps.low(a), HalfOps.low(b)), min(HalfOps.high(a), HalfOps.high(b)));
    }

    @Ptx("max.bf16x2")
    public static int max2(int a, int b) {
        return HalfOps.pair(max(HalfOps.low(a), HalfOps.low(b)), max(HalfOps.high(a), HalfOps.high(b)));
    }

    @Ptx("min.NaN.bf16")
    public static char minNan(char a, char b) {
        return narrow(Math.min(wide(a), wide(b)));
    }

    @Ptx("max.NaN.bf16")
    public static char maxNan(char a, char b) {
        return narrow(Math.max(wide(a), wide(b)));
    }

    @Ptx("ex2.approx.bf16")
    public static char ex2(char a) {
        return narrow(FloatOps.ex2(wide(a)));
    }

    @Ptx("tanh.approx.bf16")
    public static char tanh(char a) {
        return narrow(FloatOps.tanh(wide(a)));
    }

    @Ptx("ex2.approx.bf16x2")
    public static int ex22(int a) {
        return HalfOps.pair(ex2(HalfOps.low(a)), ex2(HalfOps.high(a)));
    }

    @Ptx("min.NaN.bf16x2")
    public static int minNan2(int a, int b) {
        return HalfOps.pair(minNan(HalfOps.low(a), HalfOps.low(b)), minNan(HalfOps.high(a), HalfOps.high(b)));
    }

    @Ptx("max.NaN.bf16x2")
    public static int maxNan2(int a, int b) {
        return HalfOps.pair(maxNan(HalfOps.low(a), HalfOps.low(b)), maxNan(HalfOps.high(a), HalfOps.high(b)));
    }

    @Ptx("fma.rn.relu.bf16x2")
    public static int fmaRelu2(int a, int b, int c) {
        return HalfOps.pair(fmaRelu(HalfOps.low(a), HalfOps.low(b), HalfOps.low(c)), fmaRelu(HalfOps.high(a), HalfOps.high(b), HalfOps.high(c)));
    }

    @Ptx("tanh.approx.bf16x2")
    public static int tanh2(int a) {
        return HalfOps.pair(tanh(HalfOps.low(a)), tanh(HalfOps.high(a)));
    }

    @Ptx("setp.eq.bf16")
    public static boolean eq(char a, char b) {
        return wide(a) == wide(b);
    }

    @Ptx("setp.lt.bf16")
    public static boolean lt(char a, char b) {
        return wide(a) < wide(b);
    }

    @Ptx("setp.le.bf16")
    public static boolean le(char a, char b) {
        return wide(a) <= wide(b);
    }

    @Ptx("setp.gt.bf16")
    public static boolean gt(char a, char b) {
        return wide(a) > wide(b);
    }

    @Ptx("setp.ge.bf16")
    public static boolean ge(char a, char b) {
        return wide(a) >= wide(b);
    }

    @Ptx("setp.neu.bf16")
    public static boolean neu(char a, char b) {
        return wide(a) != wide(b);
    }

    @Ptx("setp.nan.bf16")
    public static boolean nan(char a, char b) {
        return wide(a) != wide(a) || wide(b) != wide(b);
    }
}
