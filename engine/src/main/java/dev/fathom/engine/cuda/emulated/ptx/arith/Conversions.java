package dev.fathom.engine.cuda.emulated.ptx.arith;

import dev.fathom.engine.numeric.HalfFloats;

/**
 * The small steps that conversions (cvt) are made of; {@link ConversionPlan} chains them. Integers meet in the middle as
 * {@code long}, binary16, bfloat16 and binary32 as {@code float}.
 */
public final class Conversions {
    private Conversions() {
    }

    public static long fromS8(int a) {
        return (byte) a;
    }

    public static long fromU8(int a) {
        return a & 255;
    }

    public static long fromS16(int a) {
        return (short) a;
    }

    public static long fromU16(int a) {
        return (char) a;
    }

    public static long fromS32(int a) {
        return a;
    }

    public static long fromU32(int a) {
        return a & 0xffffffffL;
    }

    public static long fromS64(long a) {
        return a;
    }

    public static long fromU64(long a) {
        return a;
    }

    public static int toS8(long a) {
        return (byte) a;
    }

    public static int toU8(long a) {
        return (int) a & 255;
    }

    public static int toS16(long a) {
        return (short) a;
    }

    public static int toU16(long a) {
        return (char) a;
    }

    public static int toS32(long a) {
        return (int) a;
    }

    public static int toU32(long a) {
        return (int) a;
    }

    public static long toS64(long a) {
        return a;
    }

    public static long toU64(long a) {
        return a;
    }

    /** An unsigned 64-bit number on its way to a saturating conversion: what is too large for long is its maximum. */
    public static long capUnsigned(long a) {
        return a < 0 ? Long.MAX_VALUE : a;
    }

    public static long clampS8(long a) {
        return Math.clamp(a, (long) Byte.MIN_VALUE, Byte.MAX_VALUE);
    }

    public static long clampU8(long a) {
        return Math.clamp(a, 0L, 255L);
    }

    public static long clampS16(long a) {
        return Math.clamp(a, (long) Short.MIN_VALUE, Short.MAX_VALUE);
    }

    public static long clampU16(long a) {
        return Math.clamp(a, 0L, 65535L);
    }

    public static long clampS32(long a) {
        return Math.clamp(a, (long) Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    public static long clampU32(long a) {
        return Math.clamp(a, 0L, 0xffffffffL);
    }

    public static long clampU64(long a) {
        return Math.max(a, 0);
    }

    public static float floatOf(long a) {
        return a;
    }

    /** An unsigned 64-bit number, rounded once: halving keeps a sticky last bit. */
    public static float floatOfUnsigned(long a) {
        return a >= 0 ? a : (float) (a >>> 1 | a & 1) * 2;
    }

    public static double doubleOf(long a) {
        return a;
    }

    public static double doubleOfUnsigned(long a) {
        return a >= 0 ? a : (double) (a >>> 1 | a & 1) * 2;
    }

    public static float wideF16(char a) {
        return Float.float16ToFloat((short) a);
    }

    public static float wideBf16(char a) {
        return Float.intBitsToFloat(a << 16);
    }

    public static double wideF32(float a) {
        return a;
    }

    public static char narrowF16(float a) {
        return (char) Float.floatToFloat16(a);
    }

    public static char narrowF16(double a) {
        return (char) HalfFloats.toFloat16(a);
    }

    public static char narrowBf16(float a) {
        return (char) HalfFloats.toBfloat16(a);
    }

    public static char narrowBf16(double a) {
        return (char) HalfFloats.toBfloat16(a);
    }

    /** Toward zero: the upper half of the bits. A NaN stays one. */
    public static char truncateBf16(float a) {
        int bits = Float.floatToRawIntBits(a);
        return (char) (a != a ? 0x7fff : bits >>> 16);
    }

    /** Toward zero: one below the nearest where that lies beyond. */
    public static char truncateF16(float a) {
        char near = narrowF16(a);
        return (char) (Math.abs(wideF16(near)) > Math.abs(a) ? near - 1 : near);
    }

    public static float narrowF32(double a) {
        return (float) a;
    }

    /** To nearest, ties to even. */
    public static double nearest(double a) {
        return Math.rint(a);
    }

    public static double towardZero(double a) {
        return a < 0 ? Math.ceil(a) : Math.floor(a);
    }

    public static double down(double a) {
        return Math.floor(a);
    }

    public static double up(double a) {
        return Math.ceil(a);
    }

    /** Float to integer saturates, and NaN becomes 0 ... */
    public static long integer(double a) {
        return (long) a;
    }

    /** ... but the integer's lowest value, or its highest bit alone, if the source or the result has 64 bits. */
    public static long integerOrTopBit32(double a) {
        return a != a ? 0x80000000L : (long) a;
    }

    public static long integerOrTopBit64(double a) {
        return a != a ? Long.MIN_VALUE : (long) a;
    }

    /** To an unsigned 64-bit number: 0 to 2^64 - 1. */
    public static long unsignedInteger(double a) {
        if (a != a) {
            return Long.MIN_VALUE;
        }
        if (a >= 0x1p64) {
            return -1;
        }
        return a < 0x1p63 ? Math.max((long) a, 0) : (long) (a - 0x1p63) ^ Long.MIN_VALUE;
    }

    public static double saturate(double a) {
        return a > 0 ? Math.min(a, 1) : 0;
    }

    /** Two binary32 to a pair of binary16: the first operand goes to the upper half. */
    @Ptx("cvt.rn.f16x2.f32")
    public static int pairF16(float high, float low) {
        return narrowF16(high) << 16 | narrowF16(low);
    }

    @Ptx("cvt.rz.f16x2.f32")
    public static int pairF16TowardZero(float high, float low) {
        return truncateF16(high) << 16 | truncateF16(low);
    }

    @Ptx("cvt.rn.relu.f16x2.f32")
    public static int pairF16Relu(float high, float low) {
        return pairF16(Math.max(high, 0), Math.max(low, 0));
    }

    @Ptx("cvt.rn.bf16x2.f32")
    public static int pairBf16(float high, float low) {
        return narrowBf16(high) << 16 | narrowBf16(low);
    }

    @Ptx("cvt.rz.bf16x2.f32")
    public static int pairBf16TowardZero(float high, float low) {
        return truncateBf16(high) << 16 | truncateBf16(low);
    }

    @Ptx("cvt.rn.relu.bf16x2.f32")
    public static int pairBf16Relu(float high, float low) {
        return pairBf16(Math.max(high, 0), Math.max(low, 0));
    }

    /** To TensorFloat-32: 10 bits of fraction, ties away from zero. */
    @Ptx("cvt.rna.tf32.f32")
    public static int tf32(float a) {
        int bits = Float.floatToRawIntBits(a);
        return a != a || Float.isInfinite(a) ? bits : bits + 0x1000 & 0xffffe000;
    }
}
