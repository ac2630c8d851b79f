package dev.fathom.engine.cuda.emulated.ptx.arith;

/** Arithmetic on binary32. The compiler adds .ftz and .sat; {@link DirectedOps} has the other rounding directions. */
public final class FloatOps {
    private static final double LN2 = Math.log(2);

    private FloatOps() {
    }

    @Ptx("mov.f32")
    public static float mov(float a) {
        return a;
    }

    @Ptx({"add.f32", "add.rn.f32"})
    public static float add(float a, float b) {
        return a + b;
    }

    @Ptx({"sub.f32", "sub.rn.f32"})
    public static float sub(float a, float b) {
        return a - b;
    }

    @Ptx({"mul.f32", "mul.rn.f32"})
    public static float mul(float a, float b) {
        return a * b;
    }

    /** a * b + c, rounded once. */
    @Ptx({"fma.rn.f32", "mad.rn.f32", "mad.f32"})
    public static float fma(float a, float b, float c) {
        return Math.fma(a, b, c);
    }

    /** div.full and div.approx may be off by 2 units in the last place on a GPU. */
    @Ptx({"div.rn.f32", "div.full.f32", "div.approx.f32"})
    public static float div(float a, float b) {
        return a / b;
    }

    @Ptx({"rcp.rn.f32", "rcp.approx.f32"})
    public static float rcp(float a) {
        return 1 / a;
    }

    @Ptx({"sqrt.rn.f32", "sqrt.approx.f32"})
    public static float sqrt(float a) {
        return (float) Math.sqrt(a);
    }

    @Ptx("rsqrt.approx.f32")
    public static float rsqrt(float a) {
        return a == 0 ? 1 / a : (float) (1 / Math.sqrt(a));
    }

    /** 2^a */
    @Ptx("ex2.approx.f32")
    public static float ex2(float a) {
        return (float) Math.exp(a * LN2);
    }

    @Ptx("lg2.approx.f32")
    public static float lg2(float a) {
        return (float) (Math.log(a) / LN2);
    }

    @Ptx("sin.approx.f32")
    public static float sin(float a) {
        return (float) Math.sin(a);
    }

    @Ptx("cos.approx.f32")
    public static float cos(float a) {
        return (float) Math.cos(a);
    }

    @Ptx("tanh.approx.f32")
    public static float tanh(float a) {
        return (float) Math.tanh(a);
    }

    /** The smaller one; a NaN loses against a number; -0 is smaller than +0. */
    @Ptx("min.f32")
    public static float min(float a, float b) {
        return a != a ? b : b != b ? a : Math.min(a, b);
    }

    @Ptx("max.f32")
    public static float max(float a, float b) {
        return a != a ? b : b != b ? a : Math.max(a, b);
    }

    @Ptx("min.NaN.f32")
    public static float minNan(float a, float b) {
        return Math.min(a, b);
    }

    @Ptx("max.NaN.f32")
    public static float maxNan(float a, float b) {
        return Math.max(a, b);
    }

    @Ptx("abs.f32")
    public static float abs(float a) {
        return Math.abs(a);
    }

    @Ptx("neg.f32")
    public static float neg(float a) {
        return -a;
    }

    /** The second operand's magnitude with the first one's sign. */
    @Ptx("copysign.f32")
    public static float copysign(float a, float b) {
        return Float.intBitsToFloat(Float.floatToRawIntBits(b) & 0x7fffffff | Float.floatToRawIntBits(a) & 0x80000000);
    }

    @Ptx("selp.f32")
    public static float select(float a, float b, boolean p) {
        return p ? a : b;
    }

    @Ptx("slct.f32.f32")
    public static float selectBySign(float a, float b, float c) {
        return c >= 0 ? a : b;
    }

    @Ptx("slct.f32.s32")
    public static float selectBySign(float a, float b, int c) {
        return c >= 0 ? a : b;
    }

    @Ptx("testp.finite.f32")
    public static boolean isFinite(float a) {
        return Float.isFinite(a);
    }

    @Ptx("testp.infinite.f32")
    public static boolean isInfinite(float a) {
        return Float.isInfinite(a);
    }

    @Ptx("testp.number.f32")
    public static boolean isNumber(float a) {
        return a == a;
    }

    @Ptx("testp.notanumber.f32")
    public static boolean isNan(float a) {
        return a != a;
    }

    @Ptx("testp.normal.f32")
    public static boolean isNormal(float a) {
        return Float.isFinite(a) && Math.abs(a) >= Float.MIN_NORMAL;
    }

    @Ptx("testp.subnormal.f32")
    public static boolean isSubnormal(float a) {
        return a != 0 && Math.abs(a) < Float.MIN_NORMAL;
    }

    /** .ftz: a subnormal number becomes zero of its sign. */
    public static float flush(float a) {
        return Math.abs(a) < Float.MIN_NORMAL ? Math.copySign(0f, a) : a;
    }

    /** .sat: into [0, 1]; NaN becomes 0. */
    public static float saturate(float a) {
        return a > 0 ? Math.min(a, 1f) : 0f;
    }
}
