package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.tests.tools.Cli;
import dev.fathom.tools.bench.Bench;
import dev.fathom.tools.bench.BenchPlan;
import dev.fathom.tools.bench.BenchPlan.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
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
        JsonNode json = measured("--train", "model", "--profile", "--recompute");
        says("-bit vectors", "multiply-adds ", "vits forward, 1 x 14 x 14, fp32: median ",
                "vits training step, 1 x 14 x 14, fp32: median ", "% of the product rate", "| adamw_ ",
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
            if (part.get("part").asText().equals("listeners")) {
                continue;
            }
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
        // Not in the printed table, which leaves out what took next to no time, as this may with two tokens.
        assertEquals(12, row(step.get("operations"), "attention_backward").get("calls").asInt());
        assertEquals(2, row(step.get("modules"), "optimiser: sum_of_squares, adamw_").get("calls").asInt());
        JsonNode recomputed = json.get("parts").get(2);
        assertTrue(recomputed.get("recompute").asBoolean() && !step.get("recompute").asBoolean());
        says("vits training step, 1 x 14 x 14, fp32, recompute: median ");
        assertEquals(24, row(recomputed.get("operations"), "attention").get("calls").asInt());
        assertEquals(36, row(recomputed.get("operations"), "linear_residual").get("calls").asInt(),
                "two in each of 12 blocks, and of the second run only the first");
        says("vits training step, 1 x 14 x 14, fp32, watched and not:", "logs, events and progress take ");
        JsonNode watched = json.get("parts").get(3);
        assertTrue(watched.get("share_of_step").asDouble() > 0
                && watched.get("histograms").get("median_seconds").asDouble() > 0, watched::toPrettyString);
        double sum = forward.get("seconds_between_operations").asDouble();
        for (JsonNode row : modules) {
            sum += row.get("seconds").asDouble();
        }
        assertTrue(sum > 0.2 * forward.get("median_seconds").asDouble(), "the modules are most of the pass");
    }

    /** The model's own shapes, by themselves; a regular expression says which. And one thread against all. */
    @Test
    void operationsByThemselvesAndThreads() throws IOException {
        JsonNode json = measured("ops", "threads", "--only", "attn .*(forward|gradient)", "--batch", 2);
        says("operations of vits, 2 x 14 x 14, fp32, each by itself", "| attention ", "| attention_backward ",
                "2x2x1152", "vits forward, 2 x 14 x 14, one thread against ", " times as fast (", "| all ");
        JsonNode rows = json.get("parts").get(0).get("operations");
        assertEquals(2, rows.size(), rows::toPrettyString);
        assertEquals("gradient", rows.get(1).get("phase").asText());
        assertEquals(12, rows.get(1).get("calls").asInt());
        assertTrue(rows.get(1).get("median_seconds").asDouble() > 0);
        assertEquals(-1, cli.out().indexOf("adamw_"));
        JsonNode threads = json.get("parts").get(1);
        assertTrue(threads.get("times_as_fast").asDouble() > 0);
        assertTrue(threads.get("operations").get("attention").get("one_seconds").asDouble() > 0);
    }

    @Test
    void wordsThatAreWrong() {
        assertEquals("There is no benchmark 'speed'; choose from model, step, ops, threads, evaluate, pictures, cold and all.",
                Says.wronglyCalled("bench", "speed"));
        assertEquals("--only is (, but that is not a regular expression: Unclosed group.",
                Says.wronglyCalled("bench", "ops", "--only", "("));
    }

    /** A data set through the evaluator, the network alone, and each step beside it; and pictures. */
    @Test
    void anEvaluationBesideItsNetworkAndPicturesBesideACopy() throws IOException {
        JsonNode parts = measured("evaluate", "pictures").get("parts");
        says("evaluate, vits, frames of 17 x 12, network of 14, fp32:", "the network alone median ", "| measures ");
        double whole = parts.get(0).get("evaluation").get("median_seconds").asDouble();
        double network = parts.get(0).get("network").get("median_seconds").asDouble();
        assertTrue(network > 0 && whole > 0, parts::toPrettyString);
        assertEquals(whole / network - 1, parts.get(0).get("overhead").asDouble(), 1e-12);
        assertEquals(10, parts.get(0).get("steps").size());
        JsonNode steps = parts.get(1).get("steps");
        says("a picture of 43 x 32 for a network of 14:", "| decode JPG ", "| of a copy ");
        assertEquals(8, steps.size());
        for (JsonNode step : steps) {
            assertTrue(step.get("median_seconds").asDouble() > 0 && step.get("bytes").asLong() > 43 * 32,
                    step::toString);
        }
    }

    /** A stand-in for tools/fathom writes down how it was called. */
    @Test
    void commandsFromTheShell() throws IOException {
        Path calls = folder.resolve("calls");
        Path script = Files.writeString(folder.resolve("fathom"), "#!/bin/sh\necho \"$@\" >> " + calls
                + "\ntest -f \"$3\" || test \"$1\" != predict\n");
        assertTrue(script.toFile().setExecutable(true));
        Bench bench = new Bench(new BenchPlan(EnumSet.of(Topic.COLD), List.of(Encoder.VITS), 70, List.of(1), 2,
                Precision.FP32, false, false, Pattern.compile(""), Optional.of(script)));
        List<String> reports = new ArrayList<>();
        bench.run(reports::add);
        assertTrue(reports.getFirst().contains("| predict, one photo of 1280 x 960 to a PNG | "), reports::toString);
        // Two are timed, after one.
        List<String> lines = Files.readAllLines(calls);
        assertEquals(List.of("--help", "--help", "--help"), lines.subList(0, 3));
        assertEquals(9, lines.size());
        assertTrue(lines.get(8).startsWith("predict --load-from ") && lines.get(8).contains(" --input-size 70 "),
                lines.get(8));
        Files.writeString(script, "#!/bin/sh\necho no such luck >&2\nexit 3\n");
        FathomException failed = assertThrows(FathomException.class, () -> bench.run(reports::add));
        assertEquals("The command " + script + " --help was to be timed but ended with 3: no such luck",
                failed.getMessage());
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
