package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.DType;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --on-nan} and {@code replay}, from the command line. */
class NanRunTest {
    @TempDir
    private static Path shared;
    private static Training training;
    /** A run that a huge learning rate has ended at its second step. */
    private static Path diverged;
    private static Cli ended;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
        diverged = shared.resolve("diverged");
        ended = diverging(diverged);
    }

    private static Cli diverging(Path run, Object... more) {
        List<Object> words = new ArrayList<>(List.of("--lr", "1e6", "--schedule", "constant", "--epochs", 1, "--bs",
                1));
        words.addAll(List.of(more));
        return Says.run(training.words(run, words.toArray()));
    }

    private static List<JsonNode> lines(Path log) throws IOException {
        return Files.readAllLines(log).stream().map(line -> {
            try {
                return new ObjectMapper().readTree(line);
            } catch (IOException e) {
                throw new AssertionError(line, e);
            }
        }).toList();
    }

    private static Path replay(Path run, int batch) {
        return run.resolve(String.format("nan/epoch-000-batch-%05d.safetensors", batch));
    }

    /** What a sentence says was found. */
    private static String found(String sentence) {
        Matcher matcher = Pattern.compile("\\w+ in \\S+ \\(\\w+, operation \\d+\\) made the first value that is"
                + " not finite")
                .matcher(sentence);
        assertTrue(matcher.find(), sentence);
        return matcher.group();
    }

    @Test
    void theStepThatIsNotFiniteEndsTheRunWithItsStateSaved() {
        assertEquals(1, ended.code(), ended.out() + ended.err());
        String sentence = Says.err(ended);
        assertTrue(sentence.startsWith("In epoch 1, batch 2, the loss is "), sentence);
        assertTrue(sentence.endsWith("; the state before the step is saved in " + diverged.resolve("last.safetensors")
                + ", and 'tools/fathom replay " + replay(diverged, 1) + "' runs the step again with every operation"
                + " checked."), sentence);
        assertTrue(found(sentence).startsWith("conv2d in depth_head."), sentence);
        assertTrue(ended.out().contains("epoch 1, batch 2: the loss is "), ended.out());
        for (String row : List.of("samples  " + training.train(), "found    ", "it read  ", "it made  ",
                "weights  all finite", "try      the weights have grown", "replay   tools/fathom replay ",
                "so       the run ends")) {
            assertTrue(ended.out().contains("\n  " + row), row + " is not in " + ended.out());
        }
    }

    /** The same step fails in the same way when the run goes on, and when the file is replayed. */
    @Test
    void resumingAndReplayingMeetTheSame() {
        Cli resumed = diverging(diverged, "--resume");
        assertEquals(Says.err(ended), Says.err(resumed));
        Cli replayed = Says.run("replay", replay(diverged, 1));
        assertEquals(1, replayed.code());
        assertTrue(Says.err(replayed).startsWith("Not finite in fp32 with a loss scale of 1: the loss is "));
        assertEquals(found(Says.err(ended)), found(Says.err(replayed)));
        String table = replayed.out();
        assertTrue(table.contains("| forward") && table.contains("pretrained.blocks.0.attn.qkv") && table.contains(
                "| makes"), table);
        assertFalse(table.contains("| backward"), "it goes as far as the first that is not finite");
        String all = Says.run("replay", replay(diverged, 1), "--all", "--precision", "bf16").out();
        assertTrue(all.contains("| backward") && all.contains("| reads"), all);
        assertTrue(all.contains("bfloat16"), all);
    }

    @Test
    void skippedStepsAreCountedLimitedAndKept() throws IOException {
        Path run = folder.resolve("run");
        Cli cli = diverging(run, "--on-nan", "skip");
        assertEquals(0, cli.code(), cli.err() + cli.out());
        assertTrue(cli.out().contains("6 steps were not finite and were left out; the first are kept in "
                + run.resolve("nan")), cli.out());
        assertTrue(cli.out().contains(", 6 not finite left out"), cli.out());
        assertTrue(cli.out().contains("so       the step is left out, number 6 of this run"), cli.out());
        assertEquals(List.of("epoch-000-batch-00001.safetensors", "epoch-000-batch-00002.safetensors",
                "epoch-000-batch-00003.safetensors"), Workshop.files(run.resolve("nan")));
        assertEquals(6, lines(run.resolve("metrics.jsonl")).getLast().get("non_finite_steps").asInt());
        List<JsonNode> steps = lines(run.resolve("steps.jsonl"));
        assertEquals(7, steps.size());
        for (int i = 1; i < 7; i++) {
            assertEquals(i, steps.get(i).get("batch").asInt());
            assertEquals(1, steps.get(i).get("step").asInt());
            assertFalse(steps.get(i).get("applied").asBoolean());
            assertEquals("non-finite", steps.get(i).get("left_out").asText());
        }
        Path few = folder.resolve("few");
        String sentence = Says.err(diverging(few, "--on-nan", "skip", "--max-skips", 4));
        assertTrue(sentence.contains("; it is step 5 that is not finite, and --max-skips allows 4; the state before the"
                + " step is saved in "), sentence);
        assertTrue(Workshop.files(few.resolve("nan")).contains("epoch-000-batch-00005.safetensors"));
    }

    /** float16 is too narrow for these weights, so another precision cures the step, and the replay shows it. */
    @Test
    void aStepThatAnotherPrecisionCures() {
        Path weights = Workshop.model(folder.resolve("wide.safetensors"), ModelMetadata.of(Workshop.TINY,
                Workshop.METRIC), state -> state.computeIfPresent("pretrained.blocks.1.mlp.fc1.weight",
                (name, tensor) -> times(tensor, 2e5f)));
        Path run = folder.resolve("run");
        Cli cli = Says.run(training.words(run, "--load-from", weights, "--init", "full", "--precision", "fp16",
                "--loss-scale", 1));
        assertTrue(Says.err(cli).contains("linear in pretrained.blocks.1.mlp.fc1 (forward, operation "),
                cli.err());
        assertTrue(cli.out().contains("\n  try      ") && cli.out().contains("float16["), cli.out());
        assertEquals(1, Says.run("replay", replay(run, 0)).code());
        Cli cured = Says.run("replay", replay(run, 0), "--precision", "fp32");
        assertEquals(0, cured.code(), cured.err());
        assertTrue(cured.out().contains("Finite in fp32 with a loss scale of 1: the loss is "), cured.out());
    }

    private static CheckpointTensor times(CheckpointTensor tensor, float factor) {
        float[] values = tensor.toFloats();
        MemorySegment bytes = Arena.ofAuto().allocate(4L * values.length, 64);
        for (int i = 0; i < values.length; i++) {
            bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i] * factor);
        }
        return CheckpointTensor.of(tensor.name(), DType.F32, tensor.shape(), bytes);
    }

    /** Under a scale above 1 an overflow is the scaler's business, whatever it comes from. */
    @Test
    void theScalerComesFirst() throws IOException {
        Path weights = Workshop.model(folder.resolve("wide.safetensors"), ModelMetadata.of(Workshop.TINY,
                Workshop.METRIC), state -> state.computeIfPresent("pretrained.blocks.1.mlp.fc1.weight",
                (name, tensor) -> times(tensor, 2e5f)));
        Path run = folder.resolve("run");
        Says.failing(training.words(run, "--load-from", weights, "--init", "full", "--precision", "fp16",
                "--loss-scale", 4));
        List<JsonNode> steps = lines(run.resolve("steps.jsonl"));
        assertEquals(List.of("overflow", "overflow"), steps.stream().map(s -> s.get("left_out").asText()).toList());
        assertEquals(List.of("epoch-000-batch-00002.safetensors"), Workshop.files(run.resolve("nan")));
    }

    @Test
    void otherFilesAndWrongWordsAreRefused() {
        assertEquals(training.weights() + " is no replay file (its metadata has no fathom.replay); expected one that a"
                + " run has written to its nan folder when a step was not finite.",
                Says.failing("replay", training.weights()));
        assertEquals("--loss-scale is 3.0, but must be a power of two, 1 or more.",
                Says.wronglyCalled("replay", replay(diverged, 1), "--loss-scale", 3));
        assertEquals("--max-skips is -1, but a number of steps is not negative.",
                Says.wronglyCalled(training.words(folder.resolve("run"), "--max-skips", -1)));
        String wrong = Says.wronglyCalled(training.words(folder.resolve("run"), "--on-nan", "perhaps"));
        assertTrue(wrong.contains("--on-nan") && wrong.contains("perhaps"), wrong);
    }
}
