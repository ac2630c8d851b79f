package dev.fathom.engine.cuda.emulated.ptx.arith;

import dev.fathom.engine.numeric.HalfFloats;

/**
 * Arithmetic on binary16, one value or a pair in 32 bits. Sums and products are computed in binary32 and rounded to
 * binary16: since 24 bits are at least 2 * 11 + 2, the result is as if rounded once (Figueroa, "When is double rounding
 * innocuous?"). A fused multiply-add is exact in binary64 before its one rounding.
 */
public final class HalfOps {
    private HalfOps() {
    }

    static float wide(int bits) {
        return Float.float16ToFloat((short) bits);
    }

    static char narrow(float value) {
        return (char) Float.floatToFloat16(value);
    }

    @Ptx({"add.f16", "add.rn.f16"})
    public static char add(char a, char b) {
        return narrow(wide(a) + wide(b));
    }

    @Ptx({"sub.f16", "sub.rn.f16"})
    public static char sub(char a, char b) {
        return narrow(wide(a) - wide(b));
    }

    @Ptx({"mul.f16", "mul.rn.f16"})
    public static char mul(char a, char b) {
        return narrow(wide(a) * wide(b));
    }

    @Ptx("fma.rn.f16")
    public static char fma(char a, char b, char c) {
        return (char) HalfFloats.toFloat16((double) wide(a) * wide(b) + wide(c));
    }

    @Ptx("fma.rn.relu.f16")
    public static char fmaRelu(char a, char b, char c) {
        return max(fma(a, b, c), (char) 0);
    }

    @Ptx("neg.f16")
    public static char neg(char a) {
        return (char) (a ^ 0x8000);
    }

    @Ptx("abs.f16")
    public static char abs(char a) {
        return (char) (a & 0x7fff);
    }

    @Ptx("min.f16")
    public static char min(char a, char b) {
        return narrow(FloatOps.min(wide(a), wide(b)));
    }

    @Ptx("max.f16")
    public static char max(char a, char b) {
        return narrow(FloatOps.max(wide(a), wide(b)));
    }

    @Ptx("min.NaN.f16")
    public static char minNan(char a, char b) {
        return narrow(Math.min(wide(a), wide(b)));
    }

    @Ptx("max.NaN.f16")
    public static char maxNan(char a, char b) {
        return narrow(Math.max(wide(a), wide(b)));
    }

    @Ptx("ex2.approx.f16")
    public static char ex2(char a) {
        return narrow(FloatOps.ex2(wide(a)));
    }

    @Ptx("tanh.approx.f16")
    public static char tanh(char a) {
        return narrow(FloatOps.tanh(wide(a)));
    }

    @Ptx({"add.f16x2", "add.rn.f16x2"})
    public static int add2(int a, int b) {
        return pair(add(low(a), low(b)), add(high(a), high(b)));
    }

    @Ptx({"sub.f16x2", "sub.rn.f16x2"})
    public static int sub2(int a, int b) {
        return pair(sub(low(a), low(b)), sub(high(a), high(b)));
    }

    @Ptx({"mul.f16x2", "mul.rn.f16x2"})
    public static int mul2(int a, int b) {
        return pair(mul(low(a), low(b)), mul(high(a), high(b)));
    }

    @Ptx("fma.rn.f16x2")
    public static int fma2(int a, int b, int c) {
        return pair(fma(low(a), low(b), low(c)), fma(high(a), high(b), high(c)));
    }

    @Ptx("neg.f16x2")
    public static int neg2(int a) {
        return a ^ 0x80008000;
    }

    @Ptx("abs.f16x2")
    public static int abs2(int a) {
        return a & 0x7fff7fff;
    }

    @Ptx("min.f16x2")
    public static int min2(int a, int b) {
        return pair(min(low(a), low(b)), min(high(a), high(b)));
    }

    @Ptx("max.f16x2")
    public static int max2(int a, int b) {
        return pair(max(low(a), low(b)), max(high(a), high(b)));
    }

    @Ptx("ex2.approx.f16x2")
    public static int ex22(int a) {
        return pair(ex2(low(a)), ex2(high(a)));
    }

    static char low(int pair) {
        return (char) pair;
    }

    static char high(int pair) {
        return (char) (pair >>> 16);
    }

    static int pair(char low, char high) {
        return high << 16 | low;
    }

    @Ptx("min.NaN.f16x2")
    public static int minNan2(int a, int b) {
        return pair(minNan(low(a), low(b)), minNan(high(a), high(b)));
    }

    @Ptx("max.NaN.f16x2")
    public static int maxNan2(int a, int b) {
        return pair(maxNan(low(a), low(b)), maxNan(high(a), high(b)));
    }

    @Ptx("fma.rn.relu.f16x2")
    public static int fmaRelu2(int a, int b, int c) {
        return pair(fmaRelu(low(a), low(b), low(c)), fmaRelu(high(a), high(b), high(c)));
    }

    @Ptx("tanh.approx.f16x2")
    public static int tanh2(int a) {
        return pair(tanh(low(a)), tanh(high(a)));
    }

    @Ptx("setp.eq.f16")
    public static boolean eq(char a, char b) {
        return wide(a) == wide(b);
    }

    @Ptx("setp.lt.f16")
    public static boolean lt(char a, char b) {
        return wide(a) < wide(b);
    }

    @Ptx("setp.le.f16")
    public static boolean le(char a, char b) {
        return wide(a) <= wide(b);
    }

    @Ptx("setp.gt.f16")
    public static boolean gt(char a, char b) {
        return wide(a) > wide(b);
    }

    @Ptx("setp.ge.f16")
    public static boolean ge(char a, char b) {
        return wide(a) >= wide(b);
    }

    @Ptx("setp.neu.f16")
    public static boolean neu(char a, char b) {
        return wide(a) != wide(b);
    }

    @Ptx("setp.nan.f16")
    public static boolean nan(char a, char b) {
        return wide(a) != wide(a) || wide(b) != wide(b);
    }
}
