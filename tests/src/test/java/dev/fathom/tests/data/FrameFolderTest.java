package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.FrameException.Fault;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.data.NyuHdf5Writer;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of a folder's frames: its order, its size, links, and what cannot be read. */
class FrameFolderTest {
    @TempDir
    private Path folder;

    private Path frame(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        NyuHdf5Writer.write(file, 3, 2, new byte[18], new float[] {1, 2, 3, 4, 5, 6});
        return file;
    }

    private String refusal() {
        return assertThrows(FathomException.class, () -> NyuHdf5Dataset.open(folder)).getMessage();
    }

    /** By the text of the whole path, in which / stands between other characters: "a-b" before "a/b" before "a0". */
    @Test
    void theOrderIsThatOfWholePaths() throws IOException {
        for (String name : List.of("a/b.h5", "a-b.h5", "a0.h5", "a.h5", "a/b/c.h5", "a/b-.h5", "a!/z.h5", "a/.h5",
                "\uE000.h5", "\uD83D\uDE00/x.h5", "\u00E9t\u00E9/y.HDF5", "Z.H5", "a/b.d/e.hdf5")) {
            frame(name);
        }
        NyuHdf5Dataset data = NyuHdf5Dataset.open(folder);
        List<Path> expected;
        try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            expected = walk.filter(Files::isRegularFile).sorted(Comparator.comparing(
                    file -> folder.relativize(file).toString().replace('\\', '/'))).toList();
        }
        assertEquals(expected, data.files());
        assertEquals(expected.size(), data.size());
        List<String> content = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i).toString(), data.name(i));
            content.add(folder.relativize(expected.get(i)).toString());
            content.add(Long.toString(Files.size(expected.get(i))));
        }
        assertEquals(ContentHash.of(content).hex(), data.fingerprint(), "as runs of earlier versions noted it");
    }

    /** 400,000 frames may take 200 MB, so 500 bytes each; ten times less is promised where the numbers are. */
    @Test
    void aFrameTakesTensOfBytes() throws IOException {
        int frames = 6_000;
        Path one = frame("scene_000/frame_00000.h5");
        for (int i = 1; i < frames; i++) {
            Path file = folder.resolve(String.format("scene_%03d/frame_%05d.h5", i / 500, i));
            if (i % 500 == 0) {
                Files.createDirectory(file.getParent());
            }
            Files.createLink(file, one);
        }
        long before = heap();
        NyuHdf5Dataset data = NyuHdf5Dataset.open(folder);
        long grown = heap() - before;
        assertEquals(frames, data.size());
        assertTrue(data.indexBytes() <= 40L * frames, data.indexBytes() + " bytes");
        assertTrue(grown <= 100L * frames, "the heap grew by " + grown + " bytes");
        assertEquals(folder.resolve("scene_011/frame_05999.h5"), data.files().getLast());
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void linksAreFollowedButNotInCircles() throws IOException {
        frame("real/a.h5");
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.createSymbolicLink(other.resolve("scene"), folder.resolve("real"));
        Files.createSymbolicLink(other.resolve("b.h5"), folder.resolve("real/a.h5"));
        NyuHdf5Dataset data = NyuHdf5Dataset.open(folder);
        assertEquals(List.of("other/b.h5", "other/scene/a.h5", "real/a.h5"),
                data.files().stream().map(f -> folder.relativize(f).toString()).toList());
        assertEquals(6, data.sample(1).depth().length);
        Path round = Files.createSymbolicLink(folder.resolve("real/round"), folder);
        assertEquals("The folder " + folder.resolve("other/scene/round") + " is a link to a folder that it lies in, so"
                + " the list of frames would never end: remove the link.", refusal());
        Files.delete(round);
        Path gone = folder.resolve("disk2");
        Files.createSymbolicLink(other.resolve("more"), gone);
        assertEquals("The link " + other.resolve("more") + " leads to " + gone + ", where there is nothing, so frames"
                + " may be missing: bring that back, or remove the link.", refusal());
    }

    @Test
    void anUnreadableFolderIsNamed() throws IOException {
        assumeFalse(System.getProperty("user.name").equals("root"), "root may read everything");
        frame("a.h5");
        Path closed = Files.createDirectory(folder.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
        assertTrue(refusal().startsWith("The folder " + closed + " cannot be listed (AccessDeniedException"),
                refusal());
    }

    @Test
    void whatIsWrongWithAFrameIsTold() throws IOException {
        frame("a.h5");
        Path torn = Files.write(folder.resolve("b.h5"), new byte[7]);
        Path gone = frame("c.h5");
        Path nowhere = Files.createSymbolicLink(folder.resolve("d.h5"), folder.resolve("nothing.h5"));
        NyuHdf5Dataset data = NyuHdf5Dataset.open(folder);
        Files.delete(gone);
        assertEquals(Fault.DAMAGED, fault(data, 1, torn));
        assertEquals(Fault.MISSING, fault(data, 2, gone));
        assertEquals(Fault.MISSING, fault(data, 3, nowhere));
        assertEquals("The frame " + nowhere + " is a link that leads nowhere: bring back what it leads to, or remove"
                + " the link.", assertThrows(FrameException.class, () -> data.sample(3)).getMessage());
    }

    private static Fault fault(NyuHdf5Dataset data, int index, Path file) {
        FrameException e = assertThrows(FrameException.class, () -> data.sample(index));
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        return e.fault();
    }

    /** Linux refuses to read address 0 of a process with an input/output error, as a bad disk would. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aReadErrorIsNoDamage() throws IOException {
        frame("a.h5");
        Path memory = Files.createSymbolicLink(folder.resolve("b.h5"), Path.of("/proc/self/mem"));
        NyuHdf5Dataset data = NyuHdf5Dataset.open(folder);
        assertEquals(Fault.UNREADABLE, fault(data, 1, memory));
    }

    @Test
    void aTornFirstFrameIsAnErrorUnlessOthersMayBeLookedAt() throws IOException {
        Path torn = Files.write(folder.resolve("a.h5"), new byte[7]);
        frame("b.h5");
        assertTrue(refusal().contains(torn.toString()));
        assertEquals(2, NyuHdf5Dataset.open(folder, NyuHdf5Dataset.LOOKS).size());
        Files.delete(folder.resolve("b.h5"));
        assertTrue(assertThrows(FrameException.class, () -> NyuHdf5Dataset.open(folder, NyuHdf5Dataset.LOOKS))
                .getMessage().contains(torn.toString()));
    }

    /** No file stays open, however the reading ended. */
    @ParameterizedTest
    @ValueSource(ints = {0, 40, 200, 1000})
    @EnabledOnOs(OS.LINUX)
    void filesAreClosed(int kept) throws IOException {
        Path file = frame("a.h5");
        byte[] whole = Files.readAllBytes(file);
        NyuHdf5Dataset data = NyuHdf5Dataset.open(folder);
        Files.write(file, kept == 0 ? whole : Arrays.copyOf(whole, kept));
        for (int i = 0; i < 50; i++) {
            if (kept == 0) {
                data.sample(0);
            } else {
                assertThrows(FrameException.class, () -> data.sample(0));
            }
        }
        assertEquals(List.of(), openBelow(folder));
    }

    private static List<Path> openBelow(Path folder) throws IOException {
        List<Path> open = new ArrayList<>();
        try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
            for (Path handle : handles.toList()) {
                if (Files.isSymbolicLink(handle) && Files.readSymbolicLink(handle).startsWith(folder)) {
                    open.add(Files.readSymbolicLink(handle));
                }
            }
        }
        return open;
    }
}
