package dev.fathom.tests.golden;

import java.nio.charset.StandardCharsets;

/**
 * The formula behind every synthetic weight and input of the goldens: FNV-1a of the key, then splitmix64 of key +
 * index, then the upper 24 bits. A key is {@code SALT/NAME}, for example {@code da2b/x}.
 */
public final class Formula {

    private Formula() {
    }

    /** FNV-1a, 64 bits, over the key's UTF-8 bytes. */
    public static long base(String key) {
        long b = 0xcbf29ce484222325L;
        for (byte c : key.getBytes(StandardCharsets.UTF_8)) {
            b = (b ^ (c & 0xFF)) * 0x100000001b3L;
        }
        return b;
    }

    /** A 24-bit integer for flat index {@code i}. */
    public static int bits24(long base, long i) {
        long z = base + i + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (int) ((z ^ (z >>> 31)) >>> 40);
    }

    /** A float tensor: uniform in offset +- scale. */
    public static float[] floats(String key, int count, double scale, double offset) {
        return floats(base(key), 0, count, scale, offset);
    }

    /** A piece of a float tensor: {@code count} elements from flat index {@code from}. */
    public static float[] floats(long base, long from, int count, double scale, double offset) {
        float[] out = new float[count];
        for (int i = 0; i < count; i++) {
            out[i] = (float) (((bits24(base, from + i) - 8388608) / 8388608.0) * scale + offset);
        }
        return out;
    }

    /** A mask that is true with probability {@code p}. */
    public static boolean[] mask(String key, int count, double p) {
        long base = base(key);
        int limit = (int) Math.floor(p * 16777216.0);
        boolean[] out = new boolean[count];
        for (int i = 0; i < count; i++) {
            out[i] = bits24(base, i) < limit;
        }
        return out;
    }

    /** A uint8 tensor. */
    public static byte[] bytes(String key, int count) {
        long base = base(key);
        byte[] out = new byte[count];
        for (int i = 0; i < count; i++) {
            out[i] = (byte) (bits24(base, i) >>> 16);
        }
        return out;
    }
}
