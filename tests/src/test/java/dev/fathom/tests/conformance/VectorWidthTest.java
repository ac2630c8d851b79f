package dev.fathom.tests.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fathom.engine.cpu.Lanes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same kernels at the widths of other machines: 128 bits (NEON, SSE) and 256 (AVX2), each in a JVM of its own. The
 * machine's own width is {@link ConformanceTest}'s; a width above it would be emulated and too slow.
 */
class VectorWidthTest {
    private static final int TRIALS = 12;

    @ParameterizedTest
    @ValueSource(ints = {128, 256})
    void kernelsConformAtOtherWidths(int bits) throws IOException, InterruptedException {
        assumeTrue(bits < Lanes.preferredBits(), "this machine has " + Lanes.preferredBits()
                + "-bit vectors; ConformanceTest ran them");
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of(System.getProperty("fathom.root"), "tools", "jvm.args"), "-D" + Lanes.PROPERTY + "="
                + bits,
                "-cp", System.getProperty("java.class.path"), ConformanceMain.class.getName(),
                Integer.toString(TRIALS));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        assertEquals(0, exit, output);
        assertTrue(output.contains(bits + "-bit vectors"), output);
    }
}
