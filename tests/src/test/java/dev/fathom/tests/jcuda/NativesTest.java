package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cuda.natives.CacheFolder;
import dev.fathom.engine.cuda.natives.ElfFile;
import dev.fathom.engine.cuda.natives.JcudaNatives;
import dev.fathom.engine.cuda.natives.PtxAssembler;
import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JCuda's libraries reach the disk whole, whoever else unpacks, and are replaced when they are not. */
class NativesTest {
    private static final String NAME = "JCublas2-12.6.0-linux-x86_64";

    @TempDir
    Path folder;

    /** In a cache folder of its own. */
    private <T> T in(Path cache, Supplier<T> work) {
        String before = System.setProperty(CacheFolder.PROPERTY, cache.toString());
        try {
            return work.get();
        } finally {
            System.setProperty(CacheFolder.PROPERTY, before);
        }
    }

    private Path unpack(Path cache) {
        return in(cache, () -> JcudaNatives.unpack(getClass().getClassLoader(), NAME, b -> b));
    }

    private byte[] original() throws IOException {
        try (var in = getClass().getClassLoader().getResourceAsStream("lib/lib" + NAME + ".so")) {
            return in.readAllBytes();
        }
    }

    @Test
    void aDamagedFileIsReplaced() throws IOException {
        Path file = unpack(folder);
        assertArrayEquals(original(), Files.readAllBytes(file));
        Object inode = Files.getAttribute(file, "unix:ino");
        assertEquals(file, unpack(folder));
        assertEquals(inode, Files.getAttribute(file, "unix:ino"), "a sound file is left alone");
        byte[] damaged = original();
        damaged[damaged.length / 2] ^= 1;
        for (byte[] content : List.of(damaged, Arrays.copyOf(damaged, 1000))) {
            Files.write(file, content);
            Object before = Files.getAttribute(file, "unix:ino");
            unpack(folder);
            assertArrayEquals(original(), Files.readAllBytes(file));
            assertNotEquals(before, Files.getAttribute(file, "unix:ino"),
                "replaced, not written over: someone may have it mapped");
        }
        try (Stream<Path> all = Files.list(file.getParent())) {
            assertEquals(List.of(file), all.toList(), "no temporary file stays");
        }
    }

    @Test
    void editedCopiesLieBesideTheOriginal() {
        Path plain = unpack(folder);
        Path edited = in(folder, () -> JcudaNatives.unpack(getClass().getClassLoader(), NAME,
            b -> new ElfFile("it", b).pointedTo("libcublas.so.12", "libcublas.so.13")));
        assertNotEquals(plain, edited);
        assertEquals(plain.getFileName(), edited.getFileName());
    }

    @Test
    void whatCannotBeUnpackedIsSaidInASentence() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        String said = assertThrows(FathomException.class, () -> unpack(file)).getMessage();
        assertTrue(said.startsWith("The cache folder " + file) && said.contains("FATHOM_CACHE"), said);
        said = assertThrows(FathomException.class, () -> in(folder, () ->
            JcudaNatives.unpack(getClass().getClassLoader(), "absent", b -> b))).getMessage();
        assertTrue(said.contains("--device cpu"), said);
    }

    /**
     * What killed 17 of 24 processes with JCuda's own unpacking: several at once on an empty folder, a large library.
     */
    @Test
    void severalProcessesUnpackAtOnce() throws Exception {
        List<Process> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            List<String> command = FakeLibraries.javaCommand(Assemble.class.getName());
            command.replaceAll(w -> w.startsWith("-Dfathom.cache=") ? "-Dfathom.cache=" + folder : w);
            all.add(FakeLibraries.start(command, Map.of()));
        }
        for (Process process : all) {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), text);
            assertTrue(text.contains("registers=4"), text);
        }
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(1, files.filter(Files::isRegularFile).count(), "one file, no temporary ones");
        }
    }

    /** Loads the largest of the natives and uses it. */
    static final class Assemble {
        private Assemble() {
        }

        public static void main(String[] args) {
            System.out.println(PtxAssembler.get().assemble("empty", ".version 7.2\n.target sm_75\n.address_size 64\n"
                + ".visible .entry empty()\n{\nret;\n}\n", 75));
        }
    }

    @Test
    void anElfFileIsReadAndPointedElsewhere() throws IOException {
        ElfFile file = new ElfFile("JCublas2", original());
        assertTrue(file.libraryNames().containsAll(List.of("libcublas.so.12", "libc.so.6")),
            file.libraryNames()::toString);
        assertEquals(494, file.wantedSymbols().stream().filter(s -> s.startsWith("cublas")).count());
        byte[] pointed = file.pointedTo("libcublas.so.12", "libcublas.so.13");
        assertTrue(new ElfFile("copy", pointed).libraryNames().contains("libcublas.so.13"));
        assertEquals(0, new ElfFile("copy", pointed).libraryNames().stream().filter("libcublas.so.12"::equals).count());
        assertArrayEquals(original(), new ElfFile("copy", pointed).pointedTo("libcublas.so.13", "libcublas.so.12"));
        assertThrows(FathomException.class, () -> file.pointedTo("libcublas.so.12", "libcublas.so"));
        assertThrows(FathomException.class, () -> file.pointedTo("libcublas.so.11", "libcublas.so.13"));
        assertThrows(FathomException.class, () -> new ElfFile("text",
            "not a library, but long enough to be looked at, at least"
            .repeat(3).getBytes(StandardCharsets.US_ASCII)));
    }
}
