package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training in a process of its own that is interrupted, killed, or runs out of disk: what is lost, what is said, how it
 * goes on.
 */
class InterruptedProcessTest {
    private static final int EPOCHS = 12;

    @TempDir
    private static Path shared;
    private static Training training;
    private static Path reference;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs sh, to send signals");
        training = Training.in(shared);
        reference = shared.resolve("reference");
        assertEquals(0, Says.run(words(reference)).code());
    }

    /** Long enough not to be over before the signal arrives; a save after every step. */
    private static Object[] words(Path run, Object... more) {
        List<String> words = training.call(run, "--epochs", EPOCHS, "--save-every", 1);
        for (Object word : more) {
            words.add(word.toString());
        }
        return words.toArray();
    }

    private Path run() {
        return folder.resolve("run");
    }

    private Path last() {
        return run().resolve("last.safetensors");
    }

    private void finish() {
        Cli rest = Says.run(words(run(), "--resume"));
        assertEquals(0, rest.code(), rest.err());
        assertTrue(rest.out().contains("done: best abs_rel "), rest.out());
        Training.assertSameBits(reference.resolve("last.safetensors"), last(), "resumed");
        Training.assertSameBits(reference.resolve("best.safetensors"), run().resolve("best.safetensors"), "resumed");
    }

    /** Runs until the first save, then sends a signal: the run stops, saves and says how to go on. */
    private void interrupt(String signal, int exitCode) throws Exception {
        try (Child child = Child.start(folder, words(run()))) {
            child.until("the first save", () -> Files.exists(last()));
            assumeTrue(listens(child, signal), "this test run ignores " + signal
                    + " (nohup, or a background job), and so do its children");
            child.signal(signal);
            assertEquals(exitCode, child.exit(), child.out() + child.err());
            String end = child.out().lines().reduce((a, b) -> b).orElseThrow();
            assertTrue(end.matches("stopped after step \\d+ of " + 3 * EPOCHS
                    + ", saved in .*last\\.safetensors; the same command with --resume goes"
                    + " on from there"), child.out());
            assertEquals("Stopping after this step to save; Ctrl-C once more ends at once, without.", child.err());
        }
        assertNothingHalfWritten();
    }

    private void assertNothingHalfWritten() {
        assertFalse(Workshop.files(run()).stream().anyMatch(f -> f.endsWith(".tmp")), Workshop.files(run()).toString());
    }

    @Test
    void ctrlCSavesAndTheRunGoesOnAsIfNothingHadHappened() throws Exception {
        interrupt("INT", 130);
        finish();
    }

    /** Whether the child has a handler for the signal, as Linux tells it. */
    static boolean listens(Child child, String signal) throws IOException {
        Path status = Path.of("/proc/" + child.pid() + "/status");
        if (!Files.isReadable(status)) {
            return true;
        }
        String caught = Files.readAllLines(status).stream()
                .filter(l -> l.startsWith("SigCgt:")).findFirst().orElseThrow().split("\\s+")[1];
        return (Long.parseUnsignedLong(caught, 16) >> (signal.equals("INT") ? 1 : 14) & 1) == 1;
    }

    /** A kill that nothing can catch, a little after a save, when the next is half-written perhaps. */
    @Test
    void aKillLosesNothingThatWasSaved() throws Exception {
        try (Child child = Child.start(folder, words(run()))) {
            child.until("the first save", () -> Files.exists(last()));
            Thread.sleep(100);
            child.kill();
        }
        try (CheckpointFile file = CheckpointFile.open(last()); ModelFile model = ModelFile.open(last())) {
            assertEquals(Workshop.TINY, model.config());
            assertTrue(file.tensors().size() > 200, "weights and moments: " + file.tensors().size());
        }
        finish();
        assertEquals(Training.RUN_FILES, Workshop.files(run()),
                "no half-written file stays");
    }

    /**
     * A limit on the size of files stands for a full disk: the write fails in the middle, for root as well. The run
     * ends with a sentence, the state saved before is whole, and nothing half-written stays.
     */
    @Test
    void aFullDiskEndsTheRunAndKeepsTheOldState() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "needs bash, whose ulimit limits the size of files");
        interrupt("TERM", 143);
        byte[] old = Files.readAllBytes(last());
        long limit = Files.size(last()) / 1024 / 2;
        List<String> limited = List.of("bash", "-c", "ulimit -f " + limit + "; exec \"$@\"", "bash");
        try (Child child = Child.start(folder, limited, words(run(), "--resume"))) {
            assertEquals(1, child.exit(), child.out() + child.err());
            assertTrue(child.err().matches("\\S+/last\\.safetensors cannot be written \\(IOException: File too"
                    + " large\\); the file that is there is as it"
                    + " was; expected a writable folder with enough room: free space or choose another place\\."),
                    child.err());
        }
        assertEquals(-1, Arrays.mismatch(old, Files.readAllBytes(last())), "the old state is as it was");
        assertNothingHalfWritten();
        Path h5 = folder.resolve("weights.h5");
        Path start = Workshop.model(h5, Workshop.RELATIVE);
        byte[] weights = Files.readAllBytes(start);
        List<String> half = List.of("bash", "-c", "ulimit -f " + weights.length / 2048 + "; exec \"$@\"", "bash");
        try (Child child = Child.start(folder, half, "convert", training.weights(), h5, "--overwrite")) {
            assertEquals(1, child.exit(), child.out() + child.err());
            assertTrue(child.err().contains("weights.h5 cannot be written")
                    && child.err().contains("the file that is there is as it was"), child.err());
            assertEquals(1, child.err().lines().count(), child.err());
        }
        assertEquals(-1, Arrays.mismatch(weights, Files.readAllBytes(h5)), "the old weights are as they were");
    }
}
