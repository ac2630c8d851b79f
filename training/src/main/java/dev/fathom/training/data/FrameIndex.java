package dev.fathom.training.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where the frames of a folder are, in little memory: of each its name, the number of its folder and its size; of each
 * folder its name and the number of the one above. 400,000 frames take some 12 MB, where a list of {@link Path}s takes
 * ten times that.
 */
final class FrameIndex {
    /** The size of a frame whose link leads nowhere. */
    static final long ABSENT = -1;
    /** What Java puts in a text for bytes that the process' character set cannot express. */
    private static final char REPLACEMENT = '\uFFFD';

    private final Path root;
    private final Names folders = new Names();
    private final Names frames = new Names();
    /** Of each folder, the number of the one above it; the root is number 0. */
    private int[] above = new int[8];
    private int[] folderOf = new int[8];
    private long[] sizes = new long[8];
    /** Paths that their text does not lead back to, by the frame's number, or the folder's negated. */
    private final Map<Integer, Path> unspeakable = new HashMap<>();

    /** An index of a folder in which nothing has been found yet. */
    FrameIndex(Path root) {
        this.root = root;
        folders.add("");
    }

    /** Whether a path must be kept, because its name as text does not lead back to it. */
    static boolean isUnspeakable(String name) {
        return name.indexOf(REPLACEMENT) >= 0;
    }

    /**
     * Adds a folder; returns its number.
     *
     * @param parent the number of the one above; 0 is the root
     */
    int addFolder(int parent, String name, Path path) {
        int number = folders.add(name);
        if (number == above.length) {
            above = Arrays.copyOf(above, 2 * number);
        }
        above[number] = parent;
        if (isUnspeakable(name)) {
            unspeakable.put(-number, path);
        }
        return number;
    }

    /**
     * Adds a frame behind those that are there.
     *
     * @param path kept only if {@link #isUnspeakable} of the name; may be null otherwise
     * @param size in bytes, or {@link #ABSENT}
     */
    void addFrame(int folder, String name, Path path, long size) {
        int number = frames.add(name);
        if (number == sizes.length) {
            folderOf = Arrays.copyOf(folderOf, number + number / 2);
            sizes = Arrays.copyOf(sizes, number + number / 2);
        }
        folderOf[number] = folder;
        sizes[number] = size;
        if (isUnspeakable(name)) {
            unspeakable.put(number, path);
        }
    }

    /** Gives back the room for more: nothing will be added any more. */
    FrameIndex finished() {
        frames.trim();
        folders.trim();
        above = Arrays.copyOf(above, folders.size());
        folderOf = Arrays.copyOf(folderOf, frames.size());
        sizes = Arrays.copyOf(sizes, frames.size());
        return this;
    }

    int size() {
        return frames.size();
    }

    /** The file of a frame. */
    Path path(int frame) {
        Path kept = unspeakable.get(frame);
        return kept != null ? kept : folder(folderOf[frame]).resolve(frames.get(frame));
    }

    private Path folder(int number) {
        if (number == 0) {
            return root;
        }
        Path kept = unspeakable.get(-number);
        return kept != null ? kept : folder(above[number]).resolve(folders.get(number));
    }

    /** The path below the root, with / between its parts on every system. */
    String name(int frame) {
        StringBuilder name = new StringBuilder(frames.get(frame));
        for (int folder = folderOf[frame]; folder != 0; folder = above[folder]) {
            name.insert(0, '/').insert(0, folders.get(folder));
        }
        return name.toString();
    }

    /** Of all frames in their order: the path below the root, then the size in bytes. */
    Iterable<String> namesAndSizes() {
        Stream<String> all = IntStream.range(0, size()).boxed()
                .flatMap(i -> Stream.of(name(i), Long.toString(sizes[i])));
        return (Iterable<String>) all::iterator;
    }

    /** Bytes that the arrays take. */
    long heldBytes() {
        return frames.heldBytes() + folders.heldBytes() + (long) Integer.BYTES * (above.length + folderOf.length)
                + (long) Long.BYTES * sizes.length;
    }
}
