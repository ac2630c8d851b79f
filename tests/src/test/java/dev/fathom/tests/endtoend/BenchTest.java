package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom bench}: that it reports what it promises; how fast anything is, no test asserts. */
class BenchTest {
    @TempDir
    private Path folder;

    @Test
    void forwardAndStepByOperation() throws IOException {
        Path numbers = folder.resolve("bench.json");
        Cli cli = Says.run("bench", "--input-size", 14, "--runs", 1, "--train", "--json", numbers);
        assertEquals(0, cli.code(), cli.err());
        for (String part : new String[] {"vits forward, 1 x 14 x 14, fp32: median ",
                "vits training step, 1 x 14 x 14, fp32: median ", "GFLOP/s, ",
            "% of the product rate", "  attention_backward ", "  adamw_ ", "resident at most "}) {
            assertTrue(cli.out().contains(part), part + " in " + cli.out());
        }
        JsonNode json = new ObjectMapper().readTree(numbers.toFile());
        assertTrue(json.get("product_gflops").asDouble() > 0);
        assertTrue(json.get("forward").get("peak_tensor_bytes").asLong() > 22_000_000L * 4, "the weights alone");
        assertTrue(json.get("forward").get("operations").size() > 5);
    }

    /** Said before anything is measured: nothing is printed but the sentence. */
    @Test
    void aPlaceThatCannotBeWritten() {
        Path nowhere = folder.resolve("no/bench.json");
        Cli cli = Says.run("bench", "--json", nowhere);
        assertEquals(1, cli.code());
        assertEquals("The numbers cannot be written to " + nowhere
                + ": its folder is not there or cannot be written to; choose"
                + " another file for --json.", Says.err(cli));
        assertEquals("", cli.out());
    }
}
