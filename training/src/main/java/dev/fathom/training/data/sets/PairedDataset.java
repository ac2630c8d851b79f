package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A data set of which each frame is a photo and a file that its depth is made of. */
final class PairedDataset implements DepthDataset {
    /**
     * The files of one frame; they need not exist, which is found when the frame is read.
     *
     * @param image the photo
     * @param depth the depth map, or the point cloud
     */
    record Pair(Path image, Path depth) {
    }

    /** Reads a frame; called by several threads at once. */
    interface Reader {
        DepthSample read(Pair pair);
    }

    private final Path root;
    private final List<Pair> pairs;
    private final Reader reader;

    /**
     * A data set of these frames in this order.
     *
     * @throws FathomException if there is none
     */
    PairedDataset(DatasetSpec spec, List<Pair> pairs, Reader reader) {
        if (pairs.isEmpty()) {
            throw new FathomException("There is no frame in " + spec + ": expected " + spec.format().description()
                    + ".");
        }
        this.root = spec.path();
        this.pairs = List.copyOf(pairs);
        this.reader = reader;
    }

    @Override
    public int size() {
        return pairs.size();
    }

    @Override
    public DepthSample sample(int index) {
        return reader.read(pairs.get(index));
    }

    @Override
    public String name(int index) {
        return pairs.get(index).image().toString();
    }

    /** Of the files' paths below the root and their sizes now: the same wherever the set lies. */
    @Override
    public String fingerprint() {
        List<String> parts = new ArrayList<>(4 * pairs.size());
        for (Pair pair : pairs) {
            for (Path file : List.of(pair.image(), pair.depth())) {
                parts.add(below(root, file));
                parts.add(Long.toString(bytes(file)));
            }
        }
        return ContentHash.of(parts).hex();
    }

    /** Pairs of a list with 'rgb depth' in each line. */
    static List<Pair> listed(DatasetSpec spec) {
        return pairs(spec, new FileList(spec, "list").ofAtLeast(2, "the paths of a picture and of its depth"));
    }

    /** The first two fields of each line. */
    static List<Pair> pairs(DatasetSpec spec, FileList list) {
        FileList.Root images = list.root(spec.path(), 0);
        FileList.Root depths = list.root(spec.path(), 1);
        List<Pair> pairs = new ArrayList<>(list.lines().size());
        for (String[] line : list.lines()) {
            pairs.add(new Pair(images.path(line[0]), depths.path(line[1])));
        }
        return pairs;
    }

    /** The size of a file, -1 if there is none. */
    static long bytes(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : -1;
        } catch (IOException e) {
            throw new FathomException("The file " + file + " cannot be looked at (" + e + "): check its permissions.", e);
        }
    }

    /** The path below a folder (or beside it, with ..), with / on every system. */
    static String below(Path root, Path file) {
        boolean alike = root.isAbsolute() == file.isAbsolute();
        Path below = alike ? root.relativize(file) : root.toAbsolutePath().relativize(file.toAbsolutePath());
        return below.toString().replace('\\', '/');
    }

    /**
     * The files below a folder, through links too, in the order of their paths.
     *
     * @throws FathomException if there is no such folder, or one below cannot be listed
     */
    static List<Path> find(Path root, Predicate<String> belowRoot) {
        if (!Files.isDirectory(root)) {
            throw new FathomException("There is no folder " + root + ": expected the folder that the data set lies in.");
        }
        try (Stream<Path> files = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(file -> belowRoot.test(below(root, file)))
                    .sorted(Comparator.comparing(file -> below(root, file))).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new FathomException("The folder " + root + " cannot be listed (" + e.getMessage()
                    + "), so frames would be missing: check permissions, and that no link leads to a folder above it.", e);
        }
    }
}
