package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Finds the frames below a folder, through links too, in the order of their paths: each file is looked at once.
 *
 * <p>The entries of a folder are sorted with a / behind the names of folders. That is where their contents stand in the
 * order of whole paths, so nothing need be sorted across folders.
 */
final class FrameListing {
    /** Folder or frame; the path of a frame is kept only where its name does not lead back to it. */
    private record Entry(String key, Path path, long size) implements Comparable<Entry> {
        boolean isFolder() {
            return key.endsWith("/");
        }

        @Override
        public int compareTo(Entry other) {
            return key.compareTo(other.key);
        }
    }

    /** Paths that are looked at together: a path takes much more memory than what is kept of it. */
    private static final int PIECE = 4096;

    private final FrameIndex index;
    /** The folders that are being listed, from the root down, by what tells a folder apart whatever it is called. */
    private final List<Object> open = new ArrayList<>();

    private FrameListing(Path root) {
        this.index = new FrameIndex(root);
    }

    /**
     * The frames of a folder and of those below it.
     *
     * @throws FathomException if there is no such folder, one cannot be read, or a link leads nowhere or in a circle
     */
    static FrameIndex of(Path root) {
        if (!Files.isDirectory(root)) {
            throw new FathomException("There is no folder " + root
                    + ": expected one with HDF5 files, one frame each.");
        }
        FrameListing listing = new FrameListing(root);
        try {
            listing.list(root, 0, Files.readAttributes(root, BasicFileAttributes.class));
        } catch (IOException e) {
            throw unreadable(root, e);
        }
        return listing.index.finished();
    }

    private void list(Path folder, int number, BasicFileAttributes attributes) {
        Object identity = identity(folder, attributes);
        if (open.contains(identity)) {
            throw new FathomException("The folder " + folder + " is a link to a folder that it lies in, so the list of "
                    + "frames would never end: remove the link.");
        }
        open.add(identity);
        for (Entry entry : entries(folder)) {
            if (entry.isFolder()) {
                String name = entry.key.substring(0, entry.key.length() - 1);
                Path below = entry.path;
                try {
                    list(below, index.addFolder(number, name, below),
                            Files.readAttributes(below, BasicFileAttributes.class));
                } catch (IOException e) {
                    throw unreadable(below, e);
                }
            } else {
                index.addFrame(number, entry.key, entry.path, entry.size);
            }
        }
        open.removeLast();
    }

    /** Where the system has no keys for files (Windows), the folder's real path does as well. */
    private static Object identity(Path folder, BasicFileAttributes attributes) {
        try {
            return attributes.fileKey() != null ? attributes.fileKey() : folder.toRealPath();
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private List<Entry> entries(Path folder) {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder)) {
            List<Path> piece = new ArrayList<>();
            for (Path path : paths) {
                piece.add(path);
                if (piece.size() == PIECE) {
                    look(piece, entries);
                }
            }
            look(piece, entries);
        } catch (DirectoryIteratorException e) {
            throw unreadable(folder, e.getCause());
        } catch (UncheckedIOException e) {
            throw unreadable(folder, e.getCause());
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
        Collections.sort(entries);
        return entries;
    }

    /** Looks at some paths, several at a time, and forgets them. */
    private static void look(List<Path> piece, List<Entry> entries) {
        piece.parallelStream().map(path -> {
            try {
                return look(path);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }).filter(Objects::nonNull).forEachOrdered(entries::add);
        piece.clear();
    }

    /** Folder or frame; null for anything else. */
    private static Entry look(Path path) throws IOException {
        String name = path.getFileName().toString();
        boolean frame = isHdf5(name);
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            if (frame) {
                return frame(name, path, FrameIndex.ABSENT);    // it will be missed when its turn comes
            }
            if (Files.isSymbolicLink(path)) {
                throw new FathomException("The link " + path + " leads to " + Files.readSymbolicLink(path)
                        + ", where there is nothing, so frames may be missing: bring that back, or remove the link.");
            }
            return null;                                        // gone while we looked
        }
        if (attributes.isDirectory()) {
            return new Entry(name + "/", path, 0);
        }
        return frame && attributes.isRegularFile() ? frame(name, path, attributes.size()) : null;
    }

    private static Entry frame(String name, Path path, long size) {
        return new Entry(name, FrameIndex.isUnspeakable(name) ? path : null, size);
    }

    private static boolean isHdf5(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".h5") || lower.endsWith(".hdf5");
    }

    private static FathomException unreadable(Path folder, IOException e) {
        return new FathomException("The folder " + folder + " cannot be listed (" + e.getClass().getSimpleName() + ": "
                + e.getMessage() + "), so frames would be missing: check its permissions, or move it away.", e);
    }
}
