package dev.fathom.engine.cuda.emulated.ptx.arith;

/** Integer arithmetic on 64 bits. */
public final class LongOps {
    private LongOps() {
    }

    /** Generic addresses of global memory are its own, so cvta does nothing there. */
    @Ptx({"mov.b64", "mov.u64", "mov.s64", "cvta.to.global.u64", "cvta.global.u64", "cvta.to.const.u64",
            "cvta.const.u64"})
    public static long mov(long a) {
        return a;
    }

    @Ptx({"add.s64", "add.u64"})
    public static long add(long a, long b) {
        return a + b;
    }

    @Ptx({"sub.s64", "sub.u64"})
    public static long sub(long a, long b) {
        return a - b;
    }

    @Ptx({"mul.lo.s64", "mul.lo.u64"})
    public static long mulLo(long a, long b) {
        return a * b;
    }

    @Ptx("mul.hi.s64")
    public static long mulHiSigned(long a, long b) {
        return Math.multiplyHigh(a, b);
    }

    @Ptx("mul.hi.u64")
    public static long mulHiUnsigned(long a, long b) {
        return Math.unsignedMultiplyHigh(a, b);
    }

    @Ptx({"mad.lo.s64", "mad.lo.u64"})
    public static long madLo(long a, long b, long c) {
        return a * b + c;
    }

    @Ptx("mad.hi.s64")
    public static long madHiSigned(long a, long b, long c) {
        return Math.multiplyHigh(a, b) + c;
    }

    @Ptx("mad.hi.u64")
    public static long madHiUnsigned(long a, long b, long c) {
        return Math.unsignedMultiplyHigh(a, b) + c;
    }

    /** Division by zero gives all ones, as NVIDIA's hardware does; PTX leaves it open. */
    @Ptx("div.s64")
    public static long divSigned(long a, long b) {
        return b == 0 ? -1 : a / b;
    }

    @Ptx("div.u64")
    public static long divUnsigned(long a, long b) {
        return b == 0 ? -1 : Long.divideUnsigned(a, b);
    }

    @Ptx("rem.s64")
    public static long remSigned(long a, long b) {
        return b == 0 ? a : a % b;
    }

    @Ptx("rem.u64")
    public static long remUnsigned(long a, long b) {
        return b == 0 ? a : Long.remainderUnsigned(a, b);
    }

    @Ptx("min.s64")
    public static long minSigned(long a, long b) {
        return Math.min(a, b);
    }

    @Ptx("min.u64")
    public static long minUnsigned(long a, long b) {
        return Long.compareUnsigned(a, b) < 0 ? a : b;
    }

    @Ptx("max.s64")
    public static long maxSigned(long a, long b) {
        return Math.max(a, b);
    }

    @Ptx("max.u64")
    public static long maxUnsigned(long a, long b) {
        return Long.compareUnsigned(a, b) > 0 ? a : b;
    }

    @Ptx("abs.s64")
    public static long abs(long a) {
        return Math.abs(a);
    }

    @Ptx("neg.s64")
    public static long neg(long a) {
        return -a;
    }

    @Ptx({"selp.b64", "selp.u64", "selp.s64"})
    public static long select(long a, long b, boolean p) {
        return p ? a : b;
    }
}
