package dev.fathom.tools.output;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Compresses the filtered rows of a picture to deflate (RFC 1951): Huffman codes, and of all repetitions only runs of
 * one byte.
 *
 * <p>After a PNG filter that is nearly all there is to find: flat areas are runs of zeros, and the noise of a photo
 * repeats nothing. Looking for more, as zlib does, takes ten times as long and saves a few percent.
 *
 * <p>An instance serves one thread and may be used for one piece after another.
 */
final class RunDeflate {
    /** A piece of at most this many bytes at a time. */
    static final int MOST = 1 << 18;
    /** The shortest repetition looked for: shorter ones save nothing where each byte takes but a bit or two. */
    private static final int SHORTEST = 8;
    /** The longest repetition that deflate can say. */
    private static final int LONGEST = 258;
    private static final int END = 256;
    private static final int SYMBOLS = 286;
    private static final int LONGEST_WORD = 15;
    private static final int LONGEST_LENGTH_WORD = 7;
    /** In which order the lengths of the code for lengths are sent. */
    private static final int[] LENGTH_ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** The symbol of each run length, the number of bits that follow it, and their value. */
    private static final int[] RUN_SYMBOL = new int[LONGEST + 1];
    private static final int[] RUN_EXTRA = new int[LONGEST + 1];
    private static final int[] RUN_REST = new int[LONGEST + 1];

    static {
        // RFC 1951, 3.2.5: eight symbols for 3 .. 10, then four for each further extra bit; 258 has its own.
        for (int run = 3; run < LONGEST; run++) {
            int from = run - 3;
            int extra = Math.max(0, 29 - Integer.numberOfLeadingZeros(from));
            RUN_SYMBOL[run] = 257 + 4 * extra + (from >> extra);
            RUN_EXTRA[run] = extra;
            RUN_REST[run] = from & (1 << extra) - 1;
        }
        RUN_SYMBOL[LONGEST] = 285;
    }

    /** Literals as they are, 0 .. 255; a run of n as 256 + n. */
    private final short[] tokens = new short[MOST];
    private final int[] even = new int[SYMBOLS];
    private final int[] odd = new int[SYMBOLS];
    private byte[] out = new byte[MOST];
    private int at;
    private long bits;
    private int held;

    /**
     * Compresses one piece, as whole bytes: pieces may be put one behind the other.
     *
     * @param in   the bytes from {@code from} on, {@code length} of them: 1 to {@link #MOST}
     * @param last whether nothing follows
     */
    byte[] compress(byte[] in, int from, int length, boolean last) {
        if (length < 1 || length > MOST) {
            throw new IllegalArgumentException(length + " bytes; a piece has 1 to " + MOST);
        }
        int count = tokenise(in, from, from + length);
        // No symbol takes more than 15 bits, 5 of a run's length, 1 of its distance; a literal at most 15.
        out = out.length < 3 * count + 1024 ? new byte[3 * count + 1024] : out;
        at = 0;
        bits = 0;
        held = 0;
        HuffmanCode code = HuffmanCode.of(even, LONGEST_WORD);
        put(last ? 1 : 0, 1);
        put(2, 2);
        header(code);
        body(code, count);
        put(code.words()[END], code.lengths()[END]);
        if (!last) {
            // An empty stored block fills up the byte.
            put(0, 3);
        }
        align();
        if (!last) {
            put(0xFFFF0000, 32);
            align();
        }
        return Arrays.copyOf(out, at);
    }

    /** Fills {@link #tokens}, and {@link #even} with how often each symbol occurs; returns the number of tokens. */
    private int tokenise(byte[] in, int from, int end) {
        Arrays.fill(even, 0);
        Arrays.fill(odd, 0);
        int count = 0;
        int i = from;
        while (i < end) {
            // Eight bytes as the eight that begin one earlier: all nine are equal.
            if (i > from && i + SHORTEST <= end && (long) LONGS.get(in, i) == (long) LONGS.get(in, i - 1)) {
                int most = Math.min(end, i + LONGEST);
                int to = i + SHORTEST;
                while (to + Long.BYTES <= most && (long) LONGS.get(in, to) == (long) LONGS.get(in, to - 1)) {
                    to += Long.BYTES;
                }
                while (to < most && in[to] == in[i]) {
                    to++;
                }
                tokens[count++] = (short) (256 + to - i);
                even[RUN_SYMBOL[to - i]]++;
                i = to;
            } else {
                int literal = in[i++] & 0xFF;
                tokens[count++] = (short) literal;
                // Two tables in turns: counting the same value twice in a row would wait for the first store.
                ((i & 1) == 0 ? even : odd)[literal]++;
            }
        }
        for (int s = 0; s < END; s++) {
            even[s] += odd[s];
        }
        even[END] = 1;
        return count;
    }

    /** The codes themselves: for literals and runs, and one word of one bit for the only distance, 1. */
    private void header(HuffmanCode code) {
        int[] lengths = Arrays.copyOf(code.lengths(), SYMBOLS + 1);
        lengths[SYMBOLS] = 1;
        int[] counts = new int[LENGTH_ORDER.length];
        for (int length : lengths) {
            counts[length]++;
        }
        HuffmanCode ofLengths = HuffmanCode.of(counts, LONGEST_LENGTH_WORD);
        put(SYMBOLS - 257, 5);
        put(0, 5);
        put(LENGTH_ORDER.length - 4, 4);
        for (int symbol : LENGTH_ORDER) {
            put(ofLengths.lengths()[symbol], 3);
        }
        for (int length : lengths) {
            put(ofLengths.words()[length], ofLengths.lengths()[length]);
        }
    }

    private void body(HuffmanCode code, int count) {
        // Word and length of every token in one number: a run's word is followed by its extra bits and the distance's 0.
        int[] table = new int[256 + LONGEST + 1];
        for (int literal = 0; literal < 256; literal++) {
            table[literal] = code.words()[literal] << 5 | code.lengths()[literal];
        }
        for (int run = SHORTEST; run <= LONGEST; run++) {
            int symbol = RUN_SYMBOL[run];
            int length = code.lengths()[symbol];
            table[256 + run] = (code.words()[symbol] | RUN_REST[run] << length) << 5 | length + RUN_EXTRA[run] + 1;
        }
        long buffer = bits;
        int filled = held;
        int to = at;
        byte[] bytes = out;
        short[] all = tokens;
        for (int i = 0; i < count; i++) {
            int entry = table[all[i]];
            buffer |= (long) (entry >>> 5) << filled;
            filled += entry & 31;
            if (filled >= 40) {
                LONGS.set(bytes, to, buffer);
                to += 5;
                buffer >>>= 40;
                filled -= 40;
            }
        }
        bits = buffer;
        held = filled;
        at = to;
        drain();
    }

    private void put(int value, int count) {
        bits |= (value & 0xFFFFFFFFL) << held;
        held += count;
        drain();
    }

    private void drain() {
        while (held >= 8) {
            out[at++] = (byte) bits;
            bits >>>= 8;
            held -= 8;
        }
    }

    private void align() {
        if (held > 0) {
            out[at++] = (byte) bits;
            bits = 0;
            held = 0;
        }
    }
}
