package dev.fathom.tests.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.tools.train.TrainProgress;
import dev.fathom.tools.train.TrainProgress.View;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.trainer.TrainListener.Epoch;
import dev.fathom.training.trainer.TrainListener.LeftOut;
import dev.fathom.training.trainer.TrainListener.Memory;
import dev.fathom.training.trainer.TrainListener.Start;
import dev.fathom.training.trainer.TrainListener.Step;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed while a run goes, by a clock of the test's own: each step takes as long as the test says. */
class TrainProgressTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final StringWriter out = new StringWriter();
    private long now;
    private TrainProgress progress;

    @BeforeEach
    void clock() {
        now = 1_000_000_000_000L;
    }

    private void begin(int columns, Charset charset, int epoch, int batch) {
        progress = new TrainProgress(new PrintWriter(out, true), new View(new PrintStream(err, true, charset), columns,
                Duration.ofSeconds(30), () -> now));
        progress.begins(new Start(epoch, 10, batch, 100, 100L * epoch + batch, Device.emulated(0)));
    }

    private void step(int epoch, int batch, double seconds, double wait, double loss) {
        now += (long) (seconds * 1e9);
        progress.step(new Step(epoch, batch, 100, 100L * epoch + batch + 1, loss, 1, Double.isFinite(loss) ? null
                : LeftOut.NON_FINITE, 1, 0, 5e-6, 5e-5, 4, 0, seconds, wait, new Memory(1_000_000_000, 2_500_000_000L)));
    }

    private void epoch(int epoch, double validationSeconds) {
        now += (long) (validationSeconds * 1e9);
        DepthMetrics mean = DepthMetrics.of(new float[] {2}, new float[] {2}, 0, 10);
        progress.epoch(new Epoch(epoch, 10, 100L * (epoch + 1), 0.5, new Evaluation(mean, List.of(), 0, 0, Map.of()),
                Map.of(), true, 1, 0, 0, Map.of(), 1, validationSeconds));
    }

    private String printed() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** What a terminal would show after each drawing. */
    private List<String> drawn() {
        return Arrays.stream(printed().split("\r")).map(String::stripTrailing).filter(l -> !l.isEmpty()).toList();
    }

    @Test
    void aWideTerminalShowsEverything() {
        begin(150, StandardCharsets.UTF_8, 0, 0);
        for (int i = 0; i < 50; i++) {
            step(0, i, i == 0 ? 60 : 2, 0.5, 0.25);
        }
        assertEquals("epoch 1/10 50/100  ▕███████████           ▏  loss 0.2500  lr 5.0e-06 5.0e-05  2.00 images/s"
                + "  wait 25%  peak 2.5 GB  left 1:40, run 31:40", drawn().getLast());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 20, 40, 60, 80, 100, 120, 300})
    void aLineNeverFillsItsTerminal(int columns) {
        begin(columns, StandardCharsets.UTF_8, 0, 0);
        step(0, 0, 1e5, 10, 0.25);
        step(0, 1, 1, 0.1, 0.25);
        progress.close();
        assertFalse(printed().contains("\n"));
        for (String line : printed().split("\r")) {
            assertTrue(line.length() < Math.max(2, columns), columns + ": '" + line + "'");
        }
    }

    @Test
    void theImportantStaysWhereThereIsLittleRoom() {
        begin(56, StandardCharsets.US_ASCII, 2, 0);
        step(2, 0, 2, 0, 0.25);
        assertEquals("epoch 3/10 1/100  loss 0.2500  left 3:18, run 26:38", drawn().getLast());
    }

    @Test
    void aTerminalWithoutBlocksHasABarToo() {
        begin(150, StandardCharsets.US_ASCII, 0, 50);
        step(0, 50, 2, 0, 0.25);
        assertTrue(drawn().getLast().startsWith("epoch 1/10 51/100  [===========           ]  loss"),
                drawn().getLast());
    }

    /** A shorter line leaves nothing of a longer one, and the epoch's line begins at the left. */
    @Test
    void linesAreDrawnOverEachOther() {
        begin(150, StandardCharsets.UTF_8, 0, 98);
        step(0, 98, 4000, 0, 0.25);
        step(0, 99, 1, 0, 0.25);
        String[] drawings = printed().split("\r");
        assertEquals(drawings[1].length(), drawings[2].length(), "padded");
        epoch(0, 5);
        assertTrue(printed().endsWith("\r" + " ".repeat(drawings[2].stripTrailing().length()) + "\r"), "erased");
        assertTrue(out.toString().startsWith("epoch 1 of 10: loss 0.5000, d1 1.0000, "), out.toString());
    }

    /** A run that goes on at its eighth epoch is judged by what it does now; saves and drawings are time too. */
    @Test
    void ratesAreCountedFromNow() {
        begin(150, StandardCharsets.UTF_8, 8, 98);
        step(8, 98, 3, 0, 0.5);
        now += 3_000_000_000L; // A save.
        step(8, 99, 1, 0, 0.5);
        assertTrue(drawn().getLast().contains("1.00 images/s") && drawn().getLast().endsWith("left 0:00, run 6:40"),
                drawn().getLast());
        epoch(8, 20);
        step(9, 0, 4, 0, 0.5);
        // 99 steps of 4 seconds, and a validation of 20.
        assertTrue(drawn().getLast().endsWith("left 6:36, run 6:56"), drawn().getLast());
    }

    /** Half of the way counts after 7 steps; what is no number does not count. */
    @Test
    void theLossIsSmoothed() {
        begin(150, StandardCharsets.UTF_8, 0, 0);
        step(0, 0, 1, 0, 1);
        step(0, 1, 1, 0, Double.NaN);
        step(0, 2, 1, 0, 2);
        // (0.9 * 1 + 2) / (0.9 + 1)
        assertTrue(drawn().getLast().contains("loss 1.5263"), drawn().getLast());
    }

    @Test
    void elsewhereALineNowAndThen() {
        begin(0, StandardCharsets.UTF_8, 0, 0);
        for (int i = 0; i < 100; i++) {
            step(0, i, 2, 0.5, 0.25);
        }
        List<String> lines = printed().lines().toList();
        // A tenth of the epoch takes 20 s, which is less than 30 and more than 5; the last is left to the epoch's line.
        assertEquals(9, lines.size(), printed());
        assertEquals("epoch 1 of 10, step 50 of 100: loss 0.2500, rates 5.0e-06 and 5.0e-05, 2.00 images/s, 25 % of the"
                + " time waiting for data, at most 2.5 GB, 1 min 40 s left in the epoch, 31 min 40 s in the run",
                lines.get(4));
    }

    @Test
    void slowStepsAreSaidEveryHalfMinuteAndFastEpochsNotAtAll() {
        begin(0, StandardCharsets.UTF_8, 0, 0);
        for (int i = 0; i < 9; i++) {
            step(0, i, 10, 0, 0.25);
        }
        assertEquals(3, printed().lines().count(), printed());
        err.reset();
        for (int i = 0; i < 100; i++) {
            step(1, i, 0.04, 0, 0.25);
        }
        assertEquals("", printed());
    }
}
