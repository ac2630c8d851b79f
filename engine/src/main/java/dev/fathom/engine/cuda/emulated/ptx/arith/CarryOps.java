package dev.fathom.engine.cuda.emulated.ptx.arith;

/** Sums and differences with a carry in and out: what add.cc, addc, sub.cc, subc, mad.cc and madc are made of. */
public final class CarryOps {
    private CarryOps() {
    }

    public static int add(int a, int b, boolean carry) {
        return a + b + (carry ? 1 : 0);
    }

    public static boolean addCarry(int a, int b, boolean carry) {
        return (a & 0xffffffffL) + (b & 0xffffffffL) + (carry ? 1 : 0) >>> 32 != 0;
    }

    public static int sub(int a, int b, boolean borrow) {
        return a - b - (borrow ? 1 : 0);
    }

    public static boolean subCarry(int a, int b, boolean borrow) {
        return (a & 0xffffffffL) - (b & 0xffffffffL) - (borrow ? 1 : 0) < 0;
    }

    public static long add(long a, long b, boolean carry) {
        return a + b + (carry ? 1 : 0);
    }

    public static boolean addCarry(long a, long b, boolean carry) {
        long sum = a + b;
        return Long.compareUnsigned(sum, a) < 0 || carry && sum == -1;
    }

    public static long sub(long a, long b, boolean borrow) {
        return a - b - (borrow ? 1 : 0);
    }

    public static boolean subCarry(long a, long b, boolean borrow) {
        return Long.compareUnsigned(a, b) < 0 || borrow && a == b;
    }
}
