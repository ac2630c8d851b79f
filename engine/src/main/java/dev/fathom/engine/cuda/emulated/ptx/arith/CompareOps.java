package dev.fathom.engine.cuda.emulated.ptx.arith;

/**
 * Comparisons: setp's and set's. For floats the plain ones (lt, le, ...) are false if an operand is NaN, the ones with
 * u (ltu, leu, ...) are true then; num and nan ask for NaN itself.
 */
public final class CompareOps {
    private CompareOps() {
    }

    @Ptx({"setp.eq.s32", "setp.eq.u32", "setp.eq.b32"})
    public static boolean eq(int a, int b) {
        return a == b;
    }

    @Ptx({"setp.ne.s32", "setp.ne.u32", "setp.ne.b32"})
    public static boolean ne(int a, int b) {
        return a != b;
    }

    @Ptx("setp.lt.s32")
    public static boolean lt(int a, int b) {
        return a < b;
    }

    @Ptx("setp.le.s32")
    public static boolean le(int a, int b) {
        return a <= b;
    }

    @Ptx("setp.gt.s32")
    public static boolean gt(int a, int b) {
        return a > b;
    }

    @Ptx("setp.ge.s32")
    public static boolean ge(int a, int b) {
        return a >= b;
    }

    @Ptx({"setp.lo.u32", "setp.lt.u32"})
    public static boolean lo(int a, int b) {
        return Integer.compareUnsigned(a, b) < 0;
    }

    @Ptx({"setp.ls.u32", "setp.le.u32"})
    public static boolean ls(int a, int b) {
        return Integer.compareUnsigned(a, b) <= 0;
    }

    @Ptx({"setp.hi.u32", "setp.gt.u32"})
    public static boolean hi(int a, int b) {
        return Integer.compareUnsigned(a, b) > 0;
    }

    @Ptx({"setp.hs.u32", "setp.ge.u32"})
    public static boolean hs(int a, int b) {
        return Integer.compareUnsigned(a, b) >= 0;
    }

    @Ptx({"setp.eq.s64", "setp.eq.u64", "setp.eq.b64"})
    public static boolean eq(long a, long b) {
        return a == b;
    }

    @Ptx({"setp.ne.s64", "setp.ne.u64", "setp.ne.b64"})
    public static boolean ne(long a, long b) {
        return a != b;
    }

    @Ptx("setp.lt.s64")
    public static boolean lt(long a, long b) {
        return a < b;
    }

    @Ptx("setp.le.s64")
    public static boolean le(long a, long b) {
        return a <= b;
    }

    @Ptx("setp.gt.s64")
    public static boolean gt(long a, long b) {
        return a > b;
    }

    @Ptx("setp.ge.s64")
    public static boolean ge(long a, long b) {
        return a >= b;
    }

    @Ptx({"setp.lo.u64", "setp.lt.u64"})
    public static boolean lo(long a, long b) {
        return Long.compareUnsigned(a, b) < 0;
    }

    @Ptx({"setp.ls.u64", "setp.le.u64"})
    public static boolean ls(long a, long b) {
        return Long.compareUnsigned(a, b) <= 0;
    }

    @Ptx({"setp.hi.u64", "setp.gt.u64"})
    public static boolean hi(long a, long b) {
        return Long.compareUnsigned(a, b) > 0;
    }

    @Ptx({"setp.hs.u64", "setp.ge.u64"})
    public static boolean hs(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0;
    }

    @Ptx({"setp.eq.s16", "setp.eq.u16", "setp.eq.b16"})
    public static boolean eq(char a, char b) {
        return a == b;
    }

    @Ptx({"setp.ne.s16", "setp.ne.u16", "setp.ne.b16"})
    public static boolean ne(char a, char b) {
        return a != b;
    }

    @Ptx("setp.lt.s16")
    public static boolean lt(short a, short b) {
        return a < b;
    }

    @Ptx({"setp.lo.u16", "setp.lt.u16"})
    public static boolean lt(char a, char b) {
        return a < b;
    }

    @Ptx("setp.le.s16")
    public static boolean le(short a, short b) {
        return a <= b;
    }

    @Ptx({"setp.ls.u16", "setp.le.u16"})
    public static boolean le(char a, char b) {
        return a <= b;
    }

    @Ptx("setp.gt.s16")
    public static boolean gt(short a, short b) {
        return a > b;
    }

    @Ptx({"setp.hi.u16", "setp.gt.u16"})
    public static boolean gt(char a, char b) {
        return a > b;
    }

    @Ptx("setp.ge.s16")
    public static boolean ge(short a, short b) {
        return a >= b;
    }

    @Ptx({"setp.hs.u16", "setp.ge.u16"})
    public static boolean ge(char a, char b) {
        return a >= b;
    }

    @Ptx("setp.eq.f32")
    public static boolean eq(float a, float b) {
        return a == b;
    }

    @Ptx("setp.lt.f32")
    public static boolean lt(float a, float b) {
        return a < b;
    }

    @Ptx("setp.le.f32")
    public static boolean le(float a, float b) {
        return a <= b;
    }

    @Ptx("setp.gt.f32")
    public static boolean gt(float a, float b) {
        return a > b;
    }

    @Ptx("setp.ge.f32")
    public static boolean ge(float a, float b) {
        return a >= b;
    }

    @Ptx("setp.ne.f32")
    public static boolean ne(float a, float b) {
        return a < b || a > b;
    }

    @Ptx("setp.equ.f32")
    public static boolean equ(float a, float b) {
        return !(a < b || a > b);
    }

    @Ptx("setp.neu.f32")
    public static boolean neu(float a, float b) {
        return a != b;
    }

    @Ptx("setp.ltu.f32")
    public static boolean ltu(float a, float b) {
        return !(a >= b);
    }

    @Ptx("setp.leu.f32")
    public static boolean leu(float a, float b) {
        return !(a > b);
    }

    @Ptx("setp.gtu.f32")
    public static boolean gtu(float a, float b) {
        return !(a <= b);
    }

    @Ptx("setp.geu.f32")
    public static boolean geu(float a, float b) {
        return !(a < b);
    }

    @Ptx("setp.num.f32")
    public static boolean num(float a, float b) {
        return a == a && b == b;
    }

    @Ptx("setp.nan.f32")
    public static boolean nan(float a, float b) {
        return a != a || b != b;
    }

    @Ptx("setp.eq.f64")
    public static boolean eq(double a, double b) {
        return a == b;
    }

    @Ptx("setp.lt.f64")
    public static boolean lt(double a, double b) {
        return a < b;
    }

    @Ptx("setp.le.f64")
    public static boolean le(double a, double b) {
        return a <= b;
    }

    @Ptx("setp.gt.f64")
    public static boolean gt(double a, double b) {
        return a > b;
    }

    @Ptx("setp.ge.f64")
    public static boolean ge(double a, double b) {
        return a >= b;
    }

    @Ptx("setp.ne.f64")
    public static boolean ne(double a, double b) {
        return a < b || a > b;
    }

    @Ptx("setp.equ.f64")
    public static boolean equ(double a, double b) {
        return !(a < b || a > b);
    }

    @Ptx("setp.neu.f64")
    public static boolean neu(double a, double b) {
        return a != b;
    }

    @Ptx("setp.ltu.f64")
    public static boolean ltu(double a, double b) {
        return !(a >= b);
    }

    @Ptx("setp.leu.f64")
    public static boolean leu(double a, double b) {
        return !(a > b);
    }

    @Ptx("setp.gtu.f64")
    public static boolean gtu(double a, double b) {
        return !(a <= b);
    }

    @Ptx("setp.geu.f64")
    public static boolean geu(double a, double b) {
        return !(a < b);
    }

    @Ptx("setp.num.f64")
    public static boolean num(double a, double b) {
        return a == a && b == b;
    }

    @Ptx("setp.nan.f64")
    public static boolean nan(double a, double b) {
        return a != a || b != b;
    }
}
