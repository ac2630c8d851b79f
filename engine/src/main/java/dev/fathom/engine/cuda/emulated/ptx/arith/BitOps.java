package dev.fathom.engine.cuda.emulated.ptx.arith;

/** Logic, shifts and fields of bits, on 16, 32 and 64 bits, and predicates. */
public final class BitOps {
    private BitOps() {
    }

    @Ptx("and.b32")
    public static int and(int a, int b) {
        return a & b;
    }

    @Ptx("or.b32")
    public static int or(int a, int b) {
        return a | b;
    }

    @Ptx("xor.b32")
    public static int xor(int a, int b) {
        return a ^ b;
    }

    @Ptx("not.b32")
    public static int not(int a) {
        return ~a;
    }

    @Ptx("cnot.b32")
    public static int cnot(int a) {
        return a == 0 ? 1 : 0;
    }

    @Ptx("and.b64")
    public static long and(long a, long b) {
        return a & b;
    }

    @Ptx("or.b64")
    public static long or(long a, long b) {
        return a | b;
    }

    @Ptx("xor.b64")
    public static long xor(long a, long b) {
        return a ^ b;
    }

    @Ptx("not.b64")
    public static long not(long a) {
        return ~a;
    }

    @Ptx("and.b16")
    public static char and(char a, char b) {
        return (char) (a & b);
    }

    @Ptx("or.b16")
    public static char or(char a, char b) {
        return (char) (a | b);
    }

    @Ptx("xor.b16")
    public static char xor(char a, char b) {
        return (char) (a ^ b);
    }

    @Ptx("not.b16")
    public static char not(char a) {
        return (char) ~a;
    }

    @Ptx("and.pred")
    public static boolean and(boolean a, boolean b) {
        return a & b;
    }

    @Ptx("or.pred")
    public static boolean or(boolean a, boolean b) {
        return a | b;
    }

    @Ptx("xor.pred")
    public static boolean xor(boolean a, boolean b) {
        return a ^ b;
    }

    @Ptx("not.pred")
    public static boolean not(boolean a) {
        return !a;
    }

    @Ptx("mov.pred")
    public static boolean mov(boolean a) {
        return a;
    }

    /** Shifts of PTX stop at the width instead of wrapping around: 32 and more give 0, or the sign. */
    @Ptx("shl.b32")
    public static int shl(int a, int b) {
        return Integer.compareUnsigned(b, 31) > 0 ? 0 : a << b;
    }

    @Ptx({"shr.u32", "shr.b32"})
    public static int shrUnsigned(int a, int b) {
        return Integer.compareUnsigned(b, 31) > 0 ? 0 : a >>> b;
    }

    @Ptx("shr.s32")
    public static int shrSigned(int a, int b) {
        return a >> (Integer.compareUnsigned(b, 31) > 0 ? 31 : b);
    }

    @Ptx("shl.b64")
    public static long shl(long a, int b) {
        return Integer.compareUnsigned(b, 63) > 0 ? 0 : a << b;
    }

    @Ptx({"shr.u64", "shr.b64"})
    public static long shrUnsigned(long a, int b) {
        return Integer.compareUnsigned(b, 63) > 0 ? 0 : a >>> b;
    }

    @Ptx("shr.s64")
    public static long shrSigned(long a, int b) {
        return a >> (Integer.compareUnsigned(b, 63) > 0 ? 63 : b);
    }

    @Ptx("shl.b16")
    public static char shl(char a, int b) {
        return (char) (Integer.compareUnsigned(b, 15) > 0 ? 0 : a << b);
    }

    @Ptx({"shr.u16", "shr.b16"})
    public static char shrUnsigned(char a, int b) {
        return (char) (Integer.compareUnsigned(b, 15) > 0 ? 0 : a >>> b);
    }

    @Ptx("shr.s16")
    public static char shrSigned(short a, int b) {
        return (char) (a >> (Integer.compareUnsigned(b, 15) > 0 ? 15 : b));
    }

    /** The upper half of (b:a) shifted left by c mod 32. */
    @Ptx("shf.l.wrap.b32")
    public static int funnelLeftWrap(int a, int b, int c) {
        return (int) (joined(a, b) << (c & 31) >>> 32);
    }

    @Ptx("shf.l.clamp.b32")
    public static int funnelLeftClamp(int a, int b, int c) {
        return (int) (Integer.compareUnsigned(c, 31) > 0 ? a : joined(a, b) << c >>> 32);
    }

    /** The lower half of (b:a) shifted right by c mod 32. */
    @Ptx("shf.r.wrap.b32")
    public static int funnelRightWrap(int a, int b, int c) {
        return (int) (joined(a, b) >>> (c & 31));
    }

    @Ptx("shf.r.clamp.b32")
    public static int funnelRightClamp(int a, int b, int c) {
        return Integer.compareUnsigned(c, 31) > 0 ? b : (int) (joined(a, b) >>> c);
    }

    private static long joined(int low, int high) {
        return (long) high << 32 | low & 0xffffffffL;
    }

    @Ptx("popc.b32")
    public static int popc(int a) {
        return Integer.bitCount(a);
    }

    @Ptx("popc.b64")
    public static int popc(long a) {
        return Long.bitCount(a);
    }

    @Ptx("clz.b32")
    public static int clz(int a) {
        return Integer.numberOfLeadingZeros(a);
    }

    @Ptx("clz.b64")
    public static int clz(long a) {
        return Long.numberOfLeadingZeros(a);
    }

    @Ptx("brev.b32")
    public static int brev(int a) {
        return Integer.reverse(a);
    }

    @Ptx("brev.b64")
    public static long brev(long a) {
        return Long.reverse(a);
    }

    /** The place of the highest bit that is set, or -1. */
    @Ptx("bfind.u32")
    public static int bfind(int a) {
        return 31 - Integer.numberOfLeadingZeros(a);
    }

    /** The place of the highest bit that differs from the sign, or -1. */
    @Ptx("bfind.s32")
    public static int bfindSigned(int a) {
        return bfind(a < 0 ? ~a : a);
    }

    @Ptx("bfind.shiftamt.u32")
    public static int bfindShift(int a) {
        return a == 0 ? -1 : Integer.numberOfLeadingZeros(a);
    }

    @Ptx("bfind.u64")
    public static int bfind(long a) {
        return 63 - Long.numberOfLeadingZeros(a);
    }

    /** {@code length} bits of {@code a} from bit {@code start}, zeros above. */
    @Ptx({"bfe.u32"})
    public static int extractUnsigned(int a, int start, int length) {
        return (int) extractUnsigned(a & 0xffffffffL, start, length);
    }

    @Ptx("bfe.u64")
    public static long extractUnsigned(long a, int start, int length) {
        int s = start & 255;
        int n = length & 255;
        long shifted = s > 63 ? 0 : a >>> s;
        return n > 63 ? shifted : shifted & (1L << n) - 1;
    }

    /** {@code length} bits of {@code a} from bit {@code start}, the sign above. */
    @Ptx("bfe.s32")
    public static int extractSigned(int a, int start, int length) {
        return (int) extractSigned(a, start, length, 32);
    }

    @Ptx("bfe.s64")
    public static long extractSigned(long a, int start, int length) {
        return extractSigned(a, start, length, 64);
    }

    private static long extractSigned(long a, int start, int length, int width) {
        int s = start & 255;
        int n = length & 255;
        if (n == 0) {
            return 0;
        }
        // The sign is the field's top bit, or the operand's where the field goes beyond it.
        int top = Math.min(s + n - 1, width - 1);
        long sign = a >> top & 1;
        long shifted = s > 63 ? -sign : a >> s;
        int kept = Math.min(n, Math.max(0, width - s));
        long mask = kept > 63 ? -1L : (1L << kept) - 1;
        return shifted & mask | (sign == 0 ? 0 : ~mask);
    }

    /** {@code b} with its bits from {@code start} on replaced by the low {@code length} bits of {@code a}. */
    @Ptx("bfi.b32")
    public static int insert(int a, int b, int start, int length) {
        return (int) insert(a & 0xffffffffL, b & 0xffffffffL, start, length);
    }

    @Ptx("bfi.b64")
    public static long insert(long a, long b, int start, int length) {
        int s = start & 255;
        int n = length & 255;
        if (s > 63) {
            return b;
        }
        long mask = (n > 63 ? -1L : (1L << n) - 1) << s;
        return b & ~mask | a << s & mask;
    }

    /** Four bytes chosen from the eight of (b:a); a selector's bit 3 asks for the byte's sign instead. */
    @Ptx("prmt.b32")
    public static int permute(int a, int b, int selector) {
        long bytes = joined(a, b);
        int result = 0;
        for (int i = 0; i < 4; i++) {
            int s = selector >>> 4 * i & 15;
            int value = (int) (bytes >>> 8 * (s & 7)) & 255;
            if ((s & 8) != 0) {
                value = (value & 0x80) != 0 ? 255 : 0;
            }
            result |= value << 8 * i;
        }
        return result;
    }

    /** Any function of three bits: bit (4a + 2b + c) of the table. */
    @Ptx("lop3.b32")
    public static int lop3(int a, int b, int c, int table) {
        int result = 0;
        for (int i = 0; i < 8; i++) {
            if ((table >> i & 1) != 0) {
                result |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
            }
        }
        return result;
    }

    /** A mask of {@code b} ones from bit {@code a}. */
    @Ptx({"bmsk.clamp.b32"})
    public static int bitMask(int a, int b) {
        return insert(-1, 0, Math.min(a & 255, 64), b);
    }
}
