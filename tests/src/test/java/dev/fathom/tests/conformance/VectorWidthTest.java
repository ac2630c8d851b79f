package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fathom.engine.cpu.Lanes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same kernels at the widths of other machines: 128 bits (NEON, SSE) and 256 (AVX2), each in a JVM of its own. The
 * machine's own width is {@link ConformanceTest}'s; a width above it would be emulated and too slow.
 */
class VectorWidthTest {
    private static final int TRIALS = 12;
    /** How a class file names the vector API. */
    private static final String VECTORS = "jdk/incubator/vector/";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {128, 256})
    void kernelsConformAtOtherWidths(int bits) throws IOException, InterruptedException {
        assumeTrue(bits < Lanes.preferredBits(), "this machine has " + Lanes.preferredBits()
                + "-bit vectors; ConformanceTest ran them");
        Path loaded = folder.resolve("loaded");
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of(System.getProperty("fathom.root"), "tools", "jvm.args"), "-D" + Lanes.PROPERTY + "="
                + bits, "-Xlog:class+load=info:file=" + loaded,
                "-cp", System.getProperty("java.class.path"), ConformanceMain.class.getName(),
                Integer.toString(TRIALS), "halves");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        assertEquals(0, exit, output);
        assertTrue(output.contains(bits + "-bit vectors"), output);
        assertTrue(output.contains("linear@float16 "), output);
        // No family of kernels was left out: every class with vectors in it was there.
        String classes = Files.readString(loaded);
        List<String> missing = classesWithVectors().stream().filter(name -> !classes.contains(name + " source:"))
                .toList();
        // At 256 bits packed groups are no whole number of vectors, and weight gradients do without Winograd.
        List<String> unused = bits == 256 ? List.of("dev.fathom.engine.cpu.kernels.WinogradTransforms") : List.of();
        assertEquals(unused, missing, "kernels that no row runs");
    }

    /** Names of the classes of the cpu's kernels that compute with vectors. */
    private static List<String> classesWithVectors() throws IOException {
        String kernels = "dev/fathom/engine/cpu/kernels";
        Path classes = Path.of(Lanes.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        List<String> names = new ArrayList<>();
        try (FileSystem jar = Files.isDirectory(classes) ? null : FileSystems.newFileSystem(classes);
                Stream<Path> files = Files.list(jar == null ? classes.resolve(kernels) : jar.getPath(kernels))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class")
                        && new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(VECTORS)) {
                    names.add((kernels + "/" + name.substring(0, name.length() - 6)).replace('/', '.'));
                }
            }
        }
        assertTrue(names.size() > 20, names::toString);
        return names;
    }
}
