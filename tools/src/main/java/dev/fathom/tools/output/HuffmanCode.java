package dev.fathom.tools.output;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * A canonical Huffman code for deflate (RFC 1951, 3.2.2): frequent symbols get short words, and the lengths of the words
 * say all about the code.
 *
 * @param lengths bits of each symbol's word; 0 for a symbol that does not occur
 * @param words each symbol's word, its first bit lowest, as deflate sends it
 */
record HuffmanCode(int[] lengths, int[] words) {

    /** A subtree: its number among all and how often its symbols occur. Equal counts are told apart by the number. */
    private record Node(int index, long count) implements Comparable<Node> {
        @Override
        public int compareTo(Node other) {
            int byCount = Long.compare(count, other.count);
            return byCount != 0 ? byCount : Integer.compare(index, other.index);
        }
    }

    /**
     * The best code for symbols that occur so often, or nearly: where a word would become longer than allowed, rare
     * symbols are taken for more frequent than they are.
     *
     * @param counts how often each symbol occurs; at least one does
     * @param most   bits of the longest word
     */
    static HuffmanCode of(int[] counts, int most) {
        long[] weights = new long[counts.length];
        for (int s = 0; s < counts.length; s++) {
            weights[s] = counts[s];
        }
        int[] lengths = lengths(weights);
        while (Arrays.stream(lengths).max().orElse(0) > most) {
            for (int s = 0; s < weights.length; s++) {
                weights[s] = (weights[s] + 1) / 2;
            }
            lengths = lengths(weights);
        }
        return new HuffmanCode(lengths, words(lengths));
    }

    /** Huffman's construction: the two rarest become one, until one is left. */
    private static int[] lengths(long[] weights) {
        int symbols = weights.length;
        int[] parents = new int[2 * symbols];
        PriorityQueue<Node> rarest = new PriorityQueue<>();
        for (int s = 0; s < symbols; s++) {
            if (weights[s] > 0) {
                rarest.add(new Node(s, weights[s]));
            }
        }
        int[] lengths = new int[symbols];
        if (rarest.size() == 1) {
            lengths[rarest.remove().index] = 1;
            return lengths;
        }
        int next = symbols;
        while (rarest.size() > 1) {
            Node a = rarest.remove();
            Node b = rarest.remove();
            parents[a.index] = next;
            parents[b.index] = next;
            rarest.add(new Node(next++, a.count + b.count));
        }
        // A parent's number is greater than its children's, so walking down from the root meets parents first.
        int[] depths = new int[next];
        for (int node = next - 2; node >= 0; node--) {
            depths[node] = parents[node] == 0 ? 0 : depths[parents[node]] + 1;
            if (node < symbols) {
                lengths[node] = depths[node];
            }
        }
        return lengths;
    }

    /** Words of one length follow each other, shorter ones come first. */
    private static int[] words(int[] lengths) {
        int[] ofLength = new int[17];
        for (int length : lengths) {
            ofLength[length]++;
        }
        ofLength[0] = 0;
        int[] next = new int[17];
        for (int bits = 1, word = 0; bits <= 16; bits++) {
            word = word + ofLength[bits - 1] << 1;
            next[bits] = word;
        }
        int[] words = new int[lengths.length];
        for (int s = 0; s < lengths.length; s++) {
            if (lengths[s] > 0) {
                words[s] = Integer.reverse(next[lengths[s]]++) >>> 32 - lengths[s];
            }
        }
        return words;
    }
}
