package dev.fathom.training.data;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A list of names in little memory: their UTF-8 bytes one after another, and where each ends. */
final class Names {
    private byte[] bytes = new byte[64];
    private int[] ends = new int[8];
    private int size;

    /** Appends a name; returns its number. */
    int add(String name) {
        byte[] added = name.getBytes(StandardCharsets.UTF_8);
        int start = start(size);
        int end = Math.addExact(start, added.length);
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, grown(end));
        }
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, grown(size + 1));
        }
        System.arraycopy(added, 0, bytes, start, added.length);
        ends[size] = end;
        return size++;
    }

    /** Room for half as many again, so that adding n of them moves every byte a few times only. */
    private static int grown(int needed) {
        return (int) Math.min(Integer.MAX_VALUE - 8L, needed + needed / 2L);
    }

    String get(int index) {
        int start = start(index);
        return new String(bytes, start, ends[index] - start, StandardCharsets.UTF_8);
    }

    int size() {
        return size;
    }

    /** Gives back the room that was kept for more. */
    void trim() {
        bytes = Arrays.copyOf(bytes, start(size));
        ends = Arrays.copyOf(ends, size);
    }

    /** What the arrays take. */
    long heldBytes() {
        return bytes.length + (long) Integer.BYTES * ends.length;
    }

    private int start(int index) {
        return index == 0 ? 0 : ends[index - 1];
    }
}
