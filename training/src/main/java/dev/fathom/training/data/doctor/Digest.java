package dev.fathom.training.data.doctor;

/** A 64-bit name for an array's content, to find the same again: FNV-1a over words, finished by MurmurHash3's mixer. */
final class Digest {
    private static final long BASIS = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private Digest() {
    }

    static long of(byte[] bytes, int width) {
        long hash = (BASIS ^ width) * PRIME;
        for (byte b : bytes) {
            hash = (hash ^ b) * PRIME;
        }
        return mixed(hash);
    }

    static long of(float[] values, int width) {
        long hash = (BASIS ^ width) * PRIME;
        for (float v : values) {
            hash = (hash ^ Float.floatToIntBits(v)) * PRIME;
        }
        return mixed(hash);
    }

    private static long mixed(long h) {
        long k = (h ^ h >>> 33) * 0xff51afd7ed558ccdL;
        k = (k ^ k >>> 33) * 0xc4ceb9fe1a85ec53L;
        return k ^ k >>> 33;
    }
}
