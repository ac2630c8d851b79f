package dev.fathom.engine.cuda.emulated.ptx.arith;

/** Integer arithmetic on 32 bits. */
public final class IntOps {
    private IntOps() {
    }

    @Ptx({"mov.b32", "mov.u32", "mov.s32"})
    public static int mov(int a) {
        return a;
    }

    @Ptx({"add.s32", "add.u32"})
    public static int add(int a, int b) {
        return a + b;
    }

    @Ptx("add.sat.s32")
    public static int addSat(int a, int b) {
        return Math.clamp((long) a + b, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    @Ptx({"sub.s32", "sub.u32"})
    public static int sub(int a, int b) {
        return a - b;
    }

    @Ptx("sub.sat.s32")
    public static int subSat(int a, int b) {
        return Math.clamp((long) a - b, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    @Ptx({"mul.lo.s32", "mul.lo.u32"})
    public static int mulLo(int a, int b) {
        return a * b;
    }

    @Ptx("mul.hi.s32")
    public static int mulHiSigned(int a, int b) {
        return (int) ((long) a * b >> 32);
    }

    @Ptx("mul.hi.u32")
    public static int mulHiUnsigned(int a, int b) {
        return (int) ((a & 0xffffffffL) * (b & 0xffffffffL) >>> 32);
    }

    @Ptx("mul.wide.s32")
    public static long mulWideSigned(int a, int b) {
        return (long) a * b;
    }

    @Ptx("mul.wide.u32")
    public static long mulWideUnsigned(int a, int b) {
        return (a & 0xffffffffL) * (b & 0xffffffffL);
    }

    @Ptx({"mad.lo.s32", "mad.lo.u32"})
    public static int madLo(int a, int b, int c) {
        return a * b + c;
    }

    @Ptx("mad.hi.s32")
    public static int madHiSigned(int a, int b, int c) {
        return mulHiSigned(a, b) + c;
    }

    @Ptx("mad.hi.u32")
    public static int madHiUnsigned(int a, int b, int c) {
        return mulHiUnsigned(a, b) + c;
    }

    @Ptx("mad.wide.s32")
    public static long madWideSigned(int a, int b, long c) {
        return (long) a * b + c;
    }

    @Ptx("mad.wide.u32")
    public static long madWideUnsigned(int a, int b, long c) {
        return mulWideUnsigned(a, b) + c;
    }

    @Ptx("mul24.lo.s32")
    public static int mul24LoSigned(int a, int b) {
        return (a << 8 >> 8) * (b << 8 >> 8);
    }

    @Ptx("mul24.lo.u32")
    public static int mul24LoUnsigned(int a, int b) {
        return (a & 0xffffff) * (b & 0xffffff);
    }

    @Ptx("mad24.lo.s32")
    public static int mad24LoSigned(int a, int b, int c) {
        return mul24LoSigned(a, b) + c;
    }

    @Ptx("mad24.lo.u32")
    public static int mad24LoUnsigned(int a, int b, int c) {
        return mul24LoUnsigned(a, b) + c;
    }

    /** Division by zero gives all ones, as NVIDIA's hardware does; PTX leaves it open. */
    @Ptx("div.s32")
    public static int divSigned(int a, int b) {
        return b == 0 ? -1 : a / b;
    }

    @Ptx("div.u32")
    public static int divUnsigned(int a, int b) {
        return b == 0 ? -1 : Integer.divideUnsigned(a, b);
    }

    /** The remainder of a division by zero is the dividend. */
    @Ptx("rem.s32")
    public static int remSigned(int a, int b) {
        return b == 0 ? a : a % b;
    }

    @Ptx("rem.u32")
    public static int remUnsigned(int a, int b) {
        return b == 0 ? a : Integer.remainderUnsigned(a, b);
    }

    @Ptx("min.s32")
    public static int minSigned(int a, int b) {
        return Math.min(a, b);
    }

    @Ptx("min.u32")
    public static int minUnsigned(int a, int b) {
        return Integer.compareUnsigned(a, b) < 0 ? a : b;
    }

    @Ptx("max.s32")
    public static int maxSigned(int a, int b) {
        return Math.max(a, b);
    }

    @Ptx("max.u32")
    public static int maxUnsigned(int a, int b) {
        return Integer.compareUnsigned(a, b) > 0 ? a : b;
    }

    @Ptx("abs.s32")
    public static int abs(int a) {
        return Math.abs(a);
    }

    @Ptx("neg.s32")
    public static int neg(int a) {
        return -a;
    }

    /** |a - b| + c */
    @Ptx("sad.s32")
    public static int sadSigned(int a, int b, int c) {
        return c + (a < b ? b - a : a - b);
    }

    @Ptx("sad.u32")
    public static int sadUnsigned(int a, int b, int c) {
        return c + (Integer.compareUnsigned(a, b) < 0 ? b - a : a - b);
    }

    @Ptx({"selp.b32", "selp.u32", "selp.s32"})
    public static int select(int a, int b, boolean p) {
        return p ? a : b;
    }

    @Ptx({"slct.s32.s32", "slct.u32.s32", "slct.b32.s32"})
    public static int selectBySign(int a, int b, int c) {
        return c >= 0 ? a : b;
    }

    /** Sum of four products of bytes. */
    @Ptx("dp4a.s32.s32")
    public static int dp4aSigned(int a, int b, int c) {
        int sum = c;
        for (int i = 0; i < 32; i += 8) {
            sum += (byte) (a >> i) * (byte) (b >> i);
        }
        return sum;
    }

    @Ptx("dp4a.u32.u32")
    public static int dp4aUnsigned(int a, int b, int c) {
        int sum = c;
        for (int i = 0; i < 32; i += 8) {
            sum += (a >> i & 255) * (b >> i & 255);
        }
        return sum;
    }
}
