package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --skip-bad}: what a torn frame does to a run, and what is told about it. */
class SkipBadRunTest {
    @TempDir
    private static Path shared;
    private static Training training;
    private static Path torn;
    private static Path tornOfVal;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        training = Training.in(shared);
        torn = tear(training.train().resolve("room_00004.h5"));
        tornOfVal = tear(training.val().resolve("room_00007.h5"));
    }

    private static Path tear(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        return Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }

    /** The lines of the log without what differs from run to run. */
    private static List<JsonNode> log(Path run) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    /**
     * The order of the samples is fixed by the seed: with this one, the torn frame comes in the second of an epoch's
     * three batches, so that there is something to save before it.
     */
    @Test
    void stoppedByItOrLeavingItOutARunIsTheSame() throws IOException {
        Path whole = folder.resolve("whole");
        Cli done = Says.run(training.words(whole, "--skip-bad", "1", "--epochs", 1));
        assertEquals(0, done.code(), done.err());
        assertTrue(done.out().contains("left out a damaged frame: " + torn), done.out());
        assertTrue(done.out().contains("left out a damaged frame: " + tornOfVal), done.out());
        assertTrue(done.out().contains(", training frames left out: 1 damaged, validation frames left out: 1 damaged"),
                done.out());
        int seen = 0;
        for (JsonNode line : log(whole)) {
            seen += line.path("bad_frames").path("damaged").asInt();
            assertEquals(1, line.path("bad_validation_frames").path("damaged").asInt());
            assertEquals(1, line.path("images").asInt());
        }
        assertEquals(1, seen);

        Path stopped = folder.resolve("stopped");
        String sentence = Says.failing(training.words(stopped));
        assertTrue(sentence.contains(tornOfVal.toString()), sentence);
        assertFalse(Files.exists(stopped), "the validation set is looked at before a run begins");
    }

    @Test
    void aRunThatAFrameEndedIsSavedAndGoesOnWithoutIt() throws IOException {
        Path val = Workshop.rooms(folder.resolve("val"), 7, 2);
        Path whole = folder.resolve("whole");
        assertEquals(0, Says.run(training.words(whole, "--val", val, "--skip-bad", "20%")).code());
        Path stopped = folder.resolve("stopped");
        String sentence = Says.failing(training.words(stopped, "--val", val));
        assertTrue(sentence.contains(torn.toString()), sentence);
        assertTrue(Files.exists(stopped.resolve("last.safetensors")), "the batches before it are not lost");
        sentence = Says.failing(training.words(stopped, "--val", val, "--skip-bad", "10%", "--resume"));
        assertTrue(sentence.startsWith("1 of the 7 training frames cannot be read (1 damaged), where --skip-bad 10%"
                + " allows 0; the last: " + torn), sentence);
        assertEquals(0, Says.run(training.words(stopped, "--val", val, "--skip-bad", "all", "--resume")).code());
        Training.assertSameBits(whole.resolve("last.safetensors"), stopped.resolve("last.safetensors"), "resumed");
        List<JsonNode> expected = log(whole);
        List<JsonNode> actual = log(stopped);
        assertEquals(2, actual.size());
        for (int i = 0; i < 2; i++) {
            assertEquals(expected.get(i).path("train_loss"), actual.get(i).path("train_loss"));
            assertEquals(expected.get(i).path("bad_frames"), actual.get(i).path("bad_frames"));
        }
    }

    @Test
    void evaluate() {
        String sentence = Says.failing("evaluate", "--data", training.val(), "--load-from", training.weights(),
                "--input-size", 70);
        assertTrue(sentence.contains(tornOfVal.toString()), sentence);
        Path out = folder.resolve("out");
        Cli done = Says.run("evaluate", "--data", training.val(), "--load-from", training.weights(), "--input-size", 70,
                "--skip-bad", "all", "--outdir", out);
        assertEquals(0, done.code(), done.err());
        assertTrue(done.out().contains(": 1 images (not read: 1 damaged), "), done.out());
        assertTrue(done.err().contains("left out a damaged frame: " + tornOfVal), done.err());
    }

    @Test
    void otherWordsAreRefused() {
        String sentence = "--skip-bad is some, but must be stop, a number of frames (20), a share of them (1%) or all.";
        assertEquals(sentence, Says.wronglyCalled(training.words(folder.resolve("run"), "--skip-bad", "some")));
        assertEquals(sentence, Says.wronglyCalled("evaluate", "--data", training.val(), "--load-from",
                training.weights(), "--skip-bad", "some"));
    }
}
