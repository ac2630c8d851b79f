package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom bench}: that it reports what it promises; how fast anything is, no test asserts. */
class BenchTest {
    @TempDir
    private Path folder;
    private Cli cli;

    private JsonNode measured(Object... options) throws IOException {
        Path numbers = folder.resolve("bench.json");
        List<Object> call = new ArrayList<>(List.of("bench"));
        call.addAll(List.of(options));
        call.addAll(List.of("--input-size", 14, "--runs", 1, "--device", "cpu", "--json", numbers));
        cli = Says.run(call.toArray());
        assertEquals(0, cli.code(), cli.err());
        return new ObjectMapper().readTree(numbers.toFile());
    }

    private void says(String... parts) {
        for (String part : parts) {
            assertTrue(cli.out().contains(part), part + " in " + cli.out());
        }
    }

    private static JsonNode row(JsonNode rows, String name) {
        for (JsonNode row : rows) {
            if (row.get("name").asText().equals(name)) {
                return row;
            }
        }
        throw new AssertionError("no " + name + " in " + rows.toPrettyString());
    }

    /** Both by operation and by module, beside what the machine can do; the modules are the network's. */
    @Test
    void forwardAndStep() throws IOException {
        JsonNode json = measured("--train", "model", "--profile");
        says("-bit vectors", "multiply-adds ", "vits forward, 1 x 14 x 14, fp32: median ",
                "vits training step, 1 x 14 x 14, fp32: median ", "% of the product rate", "| attention_backward ",
                "| blocks.*.attn: attention ", "| blocks.*.mlp.fc1: linear ", "| (between operations) ",
                "resident at most ");
        assertTrue(json.get("machine").get("processor").asText().length() > 2);
        JsonNode forward = json.get("parts").get(0);
        JsonNode step = json.get("parts").get(1);
        assertEquals("forward", forward.get("part").asText());
        assertEquals("step", step.get("part").asText());
        for (JsonNode part : json.get("parts")) {
            assertTrue(part.get("machine_rates").get("product_flops_per_second").asDouble() > 1e6);
            assertTrue(part.get("machine_rates").get("copy_bytes_per_second").asDouble() > 1e6);
            assertTrue(part.get("seconds_between_operations").asDouble() > 0);
            assertTrue(part.get("peak_tensor_bytes").asLong() > 22_000_000L * 4, "the weights alone");
        }
        JsonNode modules = forward.get("modules");
        // One patch and the class token: 2 tokens. qkv multiplies 2 x 384 by 384 x 1152 in each of 12 blocks.
        JsonNode qkv = row(modules, "blocks.*.attn.qkv: linear");
        assertEquals(12, qkv.get("calls").asInt());
        assertEquals(12L * 2 * 2 * 384 * 1152, qkv.get("flop").asLong());
        assertEquals(12, row(modules, "blocks.*.attn: attention").get("calls").asInt());
        assertEquals("bytes", row(modules, "blocks.*.norm1: layer_norm").get("limit").asText());
        JsonNode back = row(step.get("modules"), "blocks.*.attn, gradient: attention_backward");
        assertEquals(12, back.get("calls").asInt());
        assertEquals(2, row(step.get("modules"), "optimiser: sum_of_squares, adamw_").get("calls").asInt());
        double sum = forward.get("seconds_between_operations").asDouble();
        for (JsonNode row : modules) {
            sum += row.get("seconds").asDouble();
        }
        assertTrue(sum > 0.2 * forward.get("median_seconds").asDouble(), "the modules are most of the pass");
    }

    /** The model's own shapes, by themselves; a regular expression says which. */
    @Test
    void operationsByThemselves() throws IOException {
        JsonNode json = measured("ops", "--only", "attn .*(forward|gradient)");
        says("operations of vits, 1 x 14 x 14, fp32, each by itself", "| attention ", "| attention_backward ",
                "1x2x1152");
        JsonNode rows = json.get("parts").get(0).get("operations");
        assertEquals(2, rows.size(), rows::toPrettyString);
        assertEquals("gradient", rows.get(1).get("phase").asText());
        assertEquals(12, rows.get(1).get("calls").asInt());
        assertTrue(rows.get(1).get("median_seconds").asDouble() > 0);
        assertEquals(-1, cli.out().indexOf("adamw_"));
    }

    @Test
    void oneThreadAgainstAll() throws IOException {
        JsonNode part = measured("threads").get("parts").get(0);
        says("times as fast", "| all ");
        assertTrue(part.get("times_as_fast").asDouble() > 0);
        assertTrue(part.get("operations").get("attention").get("one_seconds").asDouble() > 0);
    }

    @Test
    void severalBatchesAndWordsThatAreWrong() throws IOException {
        JsonNode json = measured("--batch", "1,2", "model");
        assertEquals(2, json.get("parts").size());
        says("vits forward, 2 x 14 x 14, fp32: median ", " s a picture");
        assertEquals("There is no benchmark 'speed'; choose from model, step, ops, threads, pictures, cold and all.",
                Says.wronglyCalled("bench", "speed"));
        assertEquals("--only is (, but that is not a regular expression: Unclosed group.",
                Says.wronglyCalled("bench", "ops", "--only", "("));
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
