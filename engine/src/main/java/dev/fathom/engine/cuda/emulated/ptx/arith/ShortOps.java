package dev.fathom.engine.cuda.emulated.ptx.arith;

/** Integer arithmetic on 16 bits. */
public final class ShortOps {
    private ShortOps() {
    }

    @Ptx({"mov.b16", "mov.u16", "mov.s16", "mov.f16", "mov.bf16"})
    public static char mov(char a) {
        return a;
    }

    @Ptx({"add.s16", "add.u16"})
    public static char add(char a, char b) {
        return (char) (a + b);
    }

    @Ptx({"sub.s16", "sub.u16"})
    public static char sub(char a, char b) {
        return (char) (a - b);
    }

    @Ptx({"mul.lo.s16", "mul.lo.u16"})
    public static char mulLo(char a, char b) {
        return (char) (a * b);
    }

    @Ptx("mul.hi.s16")
    public static char mulHiSigned(short a, short b) {
        return (char) (a * b >> 16);
    }

    @Ptx("mul.hi.u16")
    public static char mulHiUnsigned(char a, char b) {
        return (char) (a * b >>> 16);
    }

    @Ptx("mul.wide.s16")
    public static int mulWideSigned(short a, short b) {
        return a * b;
    }

    @Ptx("mul.wide.u16")
    public static int mulWideUnsigned(char a, char b) {
        return a * b;
    }

    @Ptx({"mad.lo.s16", "mad.lo.u16"})
    public static char madLo(char a, char b, char c) {
        return (char) (a * b + c);
    }

    @Ptx("mad.wide.s16")
    public static int madWideSigned(short a, short b, int c) {
        return a * b + c;
    }

    @Ptx("mad.wide.u16")
    public static int madWideUnsigned(char a, char b, int c) {
        return a * b + c;
    }

    @Ptx("div.s16")
    public static char divSigned(short a, short b) {
        return (char) (b == 0 ? -1 : a / b);
    }

    @Ptx("div.u16")
    public static char divUnsigned(char a, char b) {
        return (char) (b == 0 ? -1 : a / b);
    }

    @Ptx("rem.s16")
    public static char remSigned(short a, short b) {
        return (char) (b == 0 ? a : a % b);
    }

    @Ptx("rem.u16")
    public static char remUnsigned(char a, char b) {
        return (char) (b == 0 ? a : a % b);
    }

    @Ptx("min.s16")
    public static char minSigned(short a, short b) {
        return (char) Math.min(a, b);
    }

    @Ptx("min.u16")
    public static char minUnsigned(char a, char b) {
        return (char) Math.min(a, b);
    }

    @Ptx("max.s16")
    public static char maxSigned(short a, short b) {
        return (char) Math.max(a, b);
    }

    @Ptx("max.u16")
    public static char maxUnsigned(char a, char b) {
        return (char) Math.max(a, b);
    }

    @Ptx("abs.s16")
    public static char abs(short a) {
        return (char) Math.abs(a);
    }

    @Ptx("neg.s16")
    public static char neg(char a) {
        return (char) -a;
    }

    @Ptx({"selp.b16", "selp.u16", "selp.s16", "selp.f16", "selp.bf16"})
    public static char select(char a, char b, boolean p) {
        return p ? a : b;
    }
}
