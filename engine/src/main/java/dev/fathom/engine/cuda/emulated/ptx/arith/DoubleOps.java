package dev.fathom.engine.cuda.emulated.ptx.arith;

/** Arithmetic on binary64. */
public final class DoubleOps {
    private DoubleOps() {
    }

    @Ptx("mov.f64")
    public static double mov(double a) {
        return a;
    }

    @Ptx({"add.f64", "add.rn.f64"})
    public static double add(double a, double b) {
        return a + b;
    }

    @Ptx({"sub.f64", "sub.rn.f64"})
    public static double sub(double a, double b) {
        return a - b;
    }

    @Ptx({"mul.f64", "mul.rn.f64"})
    public static double mul(double a, double b) {
        return a * b;
    }

    @Ptx({"fma.rn.f64", "mad.rn.f64"})
    public static double fma(double a, double b, double c) {
        return Math.fma(a, b, c);
    }

    @Ptx("div.rn.f64")
    public static double div(double a, double b) {
        return a / b;
    }

    @Ptx("rcp.rn.f64")
    public static double rcp(double a) {
        return 1 / a;
    }

    /** Only the upper 32 bits are computed: the start of a Newton iteration. The lower ones are zero. */
    @Ptx("rcp.approx.ftz.f64")
    public static double rcpApprox(double a) {
        return upper(1 / flush(a));
    }

    @Ptx({"sqrt.rn.f64"})
    public static double sqrt(double a) {
        return Math.sqrt(a);
    }

    @Ptx({"rsqrt.approx.f64"})
    public static double rsqrt(double a) {
        return a == 0 ? 1 / a : 1 / Math.sqrt(a);
    }

    @Ptx("rsqrt.approx.ftz.f64")
    public static double rsqrtApprox(double a) {
        return upper(rsqrt(flush(a)));
    }

    private static double flush(double a) {
        return Math.abs(a) < Double.MIN_NORMAL ? Math.copySign(0.0, a) : a;
    }

    private static double upper(double a) {
        return Double.longBitsToDouble(Double.doubleToRawLongBits(a) & 0xffffffff00000000L);
    }

    @Ptx("min.f64")
    public static double min(double a, double b) {
        return a != a ? b : b != b ? a : Math.min(a, b);
    }

    @Ptx("max.f64")
    public static double max(double a, double b) {
        return a != a ? b : b != b ? a : Math.max(a, b);
    }

    @Ptx("abs.f64")
    public static double abs(double a) {
        return Math.abs(a);
    }

    @Ptx("neg.f64")
    public static double neg(double a) {
        return -a;
    }

    /** The second operand's magnitude with the first one's sign. */
    @Ptx("copysign.f64")
    public static double copysign(double a, double b) {
        return Double.longBitsToDouble(Double.doubleToRawLongBits(b) & Long.MAX_VALUE
                | Double.doubleToRawLongBits(a) & Long.MIN_VALUE);
    }

    @Ptx("selp.f64")
    public static double select(double a, double b, boolean p) {
        return p ? a : b;
    }

    @Ptx("testp.finite.f64")
    public static boolean isFinite(double a) {
        return Double.isFinite(a);
    }

    @Ptx("testp.infinite.f64")
    public static boolean isInfinite(double a) {
        return Double.isInfinite(a);
    }

    @Ptx("testp.notanumber.f64")
    public static boolean isNan(double a) {
        return a != a;
    }
}
