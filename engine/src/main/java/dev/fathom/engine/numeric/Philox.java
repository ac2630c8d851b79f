package dev.fathom.engine.numeric;

/**
 * Philox4x32-10: random numbers as a function of (seed, stream, position), with no hidden state to hand around.
 *
 * <p>Four 32-bit counter words and two key words are mixed by ten rounds of multiplication and exclusive-or into four
 * random words (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Two different
 * counters give unrelated blocks, so any sample, epoch or tensor element can have numbers of its own whoever computes
 * them and in whatever order: the same seed gives the same bits on one thread or sixteen.
 *
 * <p>An instance is a <em>stream</em>: the seed is the key, three words of the counter name the stream, and the
 * remaining word counts the blocks drawn so far (2^32 blocks, 2^34 numbers). Instances are not thread-safe; make one
 * wherever one is needed, it costs nothing.
 *
 * <pre>{@code
 * var random = new Philox(seed, epoch, sampleIndex, PURPOSE_CROP);
 * int top = random.nextInt(rows);
 * }</pre>
 *
 * <p>The transcendental functions inside {@link #nextGaussian} are {@link StrictMath}'s: the same bits on every
 * machine.
 */
public final class Philox {

    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int WEYL_0 = 0x9E3779B9;   // the golden ratio
    private static final int WEYL_1 = 0xBB67AE85;   // sqrt(3) - 1
    private static final int ROUNDS = 10;

    private final int key0;
    private final int key1;
    private final int stream0;
    private final int stream1;
    private final int stream2;
    private final int[] block = new int[4];
    private int nextBlock;
    private int used = 4;
    private double spareGaussian = Double.NaN;

    /**
     * The stream named by three words under a seed; word order matters.
     *
     * @param seed    the run's seed
     * @param stream0 for example the epoch
     * @param stream1 for example the sample index
     * @param stream2 for example a constant that tells one use from another
     */
    public Philox(long seed, int stream0, int stream1, int stream2) {
        this.key0 = (int) seed;
        this.key1 = (int) (seed >>> 32);
        this.stream0 = stream0;
        this.stream1 = stream1;
        this.stream2 = stream2;
    }

    /**
     * The bare function: one block of four words, written to {@code out[0..3]}.
     *
     * @param c0 counter word 0 (a stream's block number); {@code c1, c2, c3} the others
     * @param k0 low half of the key; {@code k1} its high half
     */
    public static void block(int c0, int c1, int c2, int c3, int k0, int k1, int[] out) {
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = (MULTIPLIER_0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
            long p1 = (MULTIPLIER_1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c1 = (int) p1;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c3 = (int) p0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    /** 32 random bits. */
    public int nextInt() {
        if (used == 4) {
            block(nextBlock++, stream0, stream1, stream2, key0, key1, block);
            used = 0;
        }
        return block[used++];
    }

    /**
     * A whole number, all of 0 .. bound-1 equally likely (multiply and reject, Lemire 2019).
     *
     * @param bound at least 1
     */
    public int nextInt(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound must be at least 1, not " + bound);
        }
        long product = (nextInt() & 0xFFFFFFFFL) * bound;
        if ((product & 0xFFFFFFFFL) < bound) {
            long threshold = (1L << 32) % bound;
            while ((product & 0xFFFFFFFFL) < threshold) {
                product = (nextInt() & 0xFFFFFFFFL) * bound;
            }
        }
        return (int) (product >>> 32);
    }

    /** Uniform in [0, 1), a multiple of 2^-24. */
    public float nextFloat() {
        return (nextInt() >>> 8) * 0x1p-24f;
    }

    /** Uniform in [0, 1), a multiple of 2^-53. Takes two words. */
    public double nextDouble() {
        long high = nextInt() >>> 5;
        long low = nextInt() >>> 6;
        return ((high << 26) | low) * 0x1p-53;
    }

    /** Uniform in [low, high). */
    public double nextDouble(double low, double high) {
        return low + (high - low) * nextDouble();
    }

    /** Normal with mean 0 and standard deviation 1 (Box and Muller 1958; draws come in pairs). */
    public double nextGaussian() {
        if (!Double.isNaN(spareGaussian)) {
            double spare = spareGaussian;
            spareGaussian = Double.NaN;
            return spare;
        }
        double radius = Math.sqrt(-2 * StrictMath.log(1 - nextDouble()));   // 1 - u is in (0, 1]: never log 0
        double angle = 2 * Math.PI * nextDouble();
        spareGaussian = radius * StrictMath.sin(angle);
        return radius * StrictMath.cos(angle);
    }

    /**
     * A random order of 0 .. count-1, all orders equally likely (Fisher and Yates).
     *
     * @param count at least 0
     */
    public int[] permutation(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
