package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code --resume} where there is nothing to resume, something else, or something broken. What is there stays as it is.
 */
class BadResumeTest {
    @TempDir
    private static Path shared;
    private static Training training;
    private static Path finished;

    @TempDir
    private Path folder;
    private Path run;
    private Path last;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
        finished = shared.resolve("run");
        assertEquals(0, Says.run(training.words(finished, "--epochs", 1)).code());
    }

    @BeforeEach
    void copy() throws IOException {
        run = Files.createDirectories(folder.resolve("run"));
        last = Files.copy(finished.resolve("last.safetensors"), run.resolve("last.safetensors"));
    }

    /** What resuming says; the state must be as it was before. */
    private String refusal(Object... more) throws IOException {
        byte[] before = Files.readAllBytes(last);
        Object[] words = training.call(run, more).toArray();
        Object[] all = Arrays.copyOf(words, words.length + 1);
        all[words.length] = "--resume";
        String sentence = Says.failing(all);
        assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(last)), "the state is as it was");
        return sentence;
    }

    private String advice() {
        return "; start it anew, with another --outdir.";
    }

    @Test
    void noRun() {
        Path none = folder.resolve("none");
        assertEquals("There is no " + none.resolve("last.safetensors")
                + " to resume; check --outdir, or leave --resume out to start the run.",
                Says.failing(training.words(none, "--resume")));
        assertTrue(Files.notExists(none));
    }

    @Test
    void otherOptionsAreNamed() throws IOException {
        assertEquals(last + " belongs to a run under other conditions: epochs was 1 and is 3, seed was 42 and is 1,"
                + " batch.augmentation.jitterProbability was 0.5 and is 0.0,"
                + " batch.augmentation.jitterStrength was 0.1 and is 0.0,"
                + " optim.learningRate was 1.0E-4 and is 2.0E-4; expected"
                + " the same, as going on would be neither run: resume it as it was started, or start a new one with"
                + " another --outdir.",
                refusal("--epochs", 3, "--lr", "2e-4", "--no-jitter", "--seed", 1));
        String data = refusal("--epochs", 1, "--data", Workshop.rooms(folder.resolve("rooms"), 0, 4));
        assertTrue(data.contains("conditions: trainingFrames was 7 and is 4;"), data);
        String encoder = refusal("--epochs", 1, "--encoder", "vits");
        assertEquals(last + " is of another network than --encoder vits; leave --encoder out.", encoder);
    }

    @Test
    void aTornState() throws IOException {
        byte[] whole = Files.readAllBytes(last);
        Files.write(last, Arrays.copyOf(whole, whole.length - 5000));
        String torn = refusal("--epochs", 1);
        assertTrue(torn.startsWith("This run cannot be resumed: " + last + " has ") && torn.endsWith(advice()), torn);
        Files.write(last, new byte[0]);
        assertEquals("This run cannot be resumed: " + last
                + " is empty; expected a weights file" + advice(),
                refusal("--epochs", 1));
        Files.write(last, "not a state at all".getBytes());
        assertTrue(refusal("--epochs", 1).startsWith("This run cannot be resumed: " + last + " is not a weights file"));
    }

    @Test
    void aModelIsNoState() throws IOException {
        Files.copy(finished.resolve("best.safetensors"), last, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(last + " is not a training state (its metadata has no fathom.run); expected the last.safetensors"
                + " of a run: --resume goes on from"
                + " that alone.", refusal("--epochs", 1));
    }

    @Test
    void aStateWithDamageInIt() throws IOException {
        change(Map.of("fathom.progress", "{\"epoch\": \"soon\"}"), null);
        assertTrue(refusal("--epochs", 1).startsWith("This run cannot be resumed: " + last
                + ": its fathom.progress cannot be read: "));
        change(Map.of("fathom.run", "{{"), null);
        assertTrue(refusal("--epochs", 1).startsWith("This run cannot be resumed: " + last
                + ": its fathom.run cannot be read: "));
        change(Map.of(), "optimizer.exp_avg_sq.pretrained.norm.weight");
        assertEquals("This run cannot be resumed: " + last + ": optimizer.exp_avg_sq.pretrained.norm.weight holds NaN"
                + advice(),
                refusal("--epochs", 1));
        change(Map.of(), "model.pretrained.norm.weight");
        assertEquals("This run cannot be resumed: " + last
                + ": pretrained.norm.weight holds NaN at element 0; the file is damaged or its training"
                + " diverged, use another checkpoint" + advice(), refusal("--epochs", 1));
    }

    /** Replaces the state by one with other metadata, and with NaN in one tensor if it is named. */
    private void change(Map<String, String> entries, String spoilt) {
        try (CheckpointFile file = CheckpointFile.open(finished.resolve("last.safetensors"))) {
            Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
            metadata.putAll(entries);
            List<CheckpointTensor> tensors = file.tensors().values().stream().map(t -> t.name().equals(spoilt)
                    ? spoil(t) : t).toList();
            CheckpointWriter.write(last, tensors, metadata);
        }
    }

    private static CheckpointTensor spoil(CheckpointTensor tensor) {
        MemorySegment values = Arena.ofAuto().allocate(tensor.byteSize(), 64);
        values.set(ValueLayout.JAVA_FLOAT, 0, Float.NaN);
        return CheckpointTensor.of(tensor.name(), DType.F32, tensor.shape(), values);
    }
}
