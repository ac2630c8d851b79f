package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.nn.checkpoint.Conversion;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file is replaced as a whole or stays as it was, and no temporary file is left. */
class AtomicFileTest {
    @TempDir
    Path folder;

    private List<String> files() throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void replacesAndCreates() throws IOException {
        Path target = folder.resolve("a.txt");
        AtomicFile.replace(target, temporary -> Files.writeString(temporary, "one"));
        assertEquals("one", Files.readString(target));
        AtomicFile.replace(target, temporary -> {
            Files.writeString(temporary, "two");
            assertEquals("one", Files.readString(target), "the old file stands until the new one is whole");
            assertEquals(folder, temporary.getParent());
        });
        assertEquals("two", Files.readString(target));
        assertEquals(List.of("a.txt"), files());
    }

    /** What a full disk does: an IOException in the middle of writing. */
    @Test
    void aFullDiskLeavesTheOldFile() throws IOException {
        Path target = Files.writeString(folder.resolve("a.txt"), "old");
        var e = assertThrows(CheckpointException.class, () -> AtomicFile.replace(target, temporary -> {
            Files.writeString(temporary, "half of the n");
            throw new IOException("No space left on device");
        }));
        assertTrue(e.getMessage().contains("a.txt cannot be written")
                && e.getMessage().contains("No space left on device")
                && e.getMessage().contains("is as it was"), e.getMessage());
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("a.txt"), files());
    }

    @Test
    void anyOtherFailurePassesThroughAndLeavesTheOldFile() throws IOException {
        Path target = Files.writeString(folder.resolve("a.txt"), "old");
        var failure = new OutOfMemoryError("simulated");
        assertSame(failure, assertThrows(OutOfMemoryError.class, () -> AtomicFile.replace(target, temporary -> {
            Files.writeString(temporary, "half of the n");
            throw failure;
        })));
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("a.txt"), files());
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path real = Files.writeString(folder.resolve("real.txt"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.txt"), real.getFileName());
        AtomicFile.replace(link, temporary -> Files.writeString(temporary, "new"));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(real));
    }

    @Test
    void placesThatCannotBeWrittenAreNamed() throws IOException {
        var absent = assertThrows(CheckpointException.class,
                () -> AtomicFile.replace(folder.resolve("no/such/a.h5"), temporary -> { }));
        assertTrue(absent.getMessage().contains("no/such is not a folder"), absent.getMessage());
        var itself = assertThrows(CheckpointException.class, () -> AtomicFile.replace(folder, temporary -> { }));
        assertTrue(itself.getMessage().contains("is a folder"), itself.getMessage());
        assertEquals(List.of(), files());
    }

    /** The second tensor's bytes cannot be had when the first is on the disk already. */
    @ParameterizedTest
    @ValueSource(strings = {"w.safetensors", "w.h5"})
    void weightsThatFailHalfWayLeaveTheOldWeights(String name) throws IOException {
        Path target = folder.resolve(name);
        var first = CheckpointTensor.of("a", DType.F32, Shape.of(2), MemorySegment.ofArray(new byte[8]));
        CheckpointWriter.write(target, List.of(first), Map.of("which", "old"));
        byte[] old = Files.readAllBytes(target);
        Path source = Files.write(folder.resolve("source.pth"), new Golden("g_ckpt").bytes("tiny_zip.pth"));
        byte[] bytes = Files.readAllBytes(source);
        for (int at = bytes.length / 2; at < bytes.length / 2 + 200; at++) {
            bytes[at] ^= 1; // Two storages in the middle no longer match their checksums.
        }
        Files.write(source, bytes);
        var e = assertThrows(CheckpointException.class, () -> Conversion.convert(source, target, Optional.empty()));
        assertTrue(e.getMessage().contains("has checksum"), e.getMessage());
        assertTrue(Arrays.equals(old, Files.readAllBytes(target)));
        assertEquals(List.of("source.pth", name).stream().sorted().toList(), files());
        try (var file = CheckpointFile.open(target)) {
            assertEquals("old", file.metadata().get("which"));
        }
    }
}
