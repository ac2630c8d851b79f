package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What train says about its memory before the first step, and whether that is so. */
@EnabledOnOs(OS.LINUX)
class MemoryForecastRunTest {
    private static final Pattern FORECAST = Pattern.compile("memory: about ([\\d.]+) (MB|GB): weights");

    @TempDir
    private static Path shared;
    private static Training training;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
    }

    @AfterEach
    void noLimit() {
        HostAllocator.shared().limit(Long.MAX_VALUE);
    }

    /**
     * The promise, on the machine that the forecast's constants were fitted on. What the JVM itself takes differs from
     * machine to machine, so this runs on request only.
     */
    @Test
    @Tag("large")
    void theForecastIsWithinATenthOfTheMeasuredPeak() throws IOException, InterruptedException {
        theForecastIsWithin(0.1);
    }

    /** A forecast that forgets weights, activations or the program itself is farther off than this on any machine. */
    @Test
    void theForecastIsNearTheMeasuredPeak() throws IOException, InterruptedException {
        theForecastIsWithin(0.3);
    }

    /** ViT-S in a process of its own: how far the largest resident memory may be from what was said. */
    private void theForecastIsWithin(double share) throws IOException, InterruptedException {
        Path train = Workshop.rooms(folder.resolve("train"), 0, 4);
        Path val = Workshop.rooms(folder.resolve("val"), 4, 1);
        long peak = 0;
        try (Child child = Child.start(folder, "train", "--data", train, "--val", val, "--init", "none", "--encoder",
                "vits", "--max-depth", 10, "--outdir", folder.resolve("run"), "--bs", 2, "--img-size", 196, "--epochs",
                1, "--device", "cpu")) {
            ProcessHandle handle = ProcessHandle.of(child.pid()).orElseThrow();
            while (handle.isAlive()) {
                peak = Math.max(peak, peak(child.pid()));
                Thread.sleep(5);
            }
            assertEquals(0, child.exit(), child.err());
            Matcher said = FORECAST.matcher(child.out());
            assertTrue(said.find(), child.out());
            double forecast = Double.parseDouble(said.group(1)) * (said.group(2).equals("GB") ? 1e9 : 1e6);
            assertTrue(Math.abs(forecast / peak - 1) <= share, String.format(Locale.ROOT,
                    "measured %,d bytes: %s", peak, child.out()));
        }
    }

    /** VmHWM of another process; 0 once it has ended. */
    private static long peak(long pid) throws IOException {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(l -> l.startsWith("VmHWM:")).mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", "")))
                    .findFirst().orElse(0);
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }

    @Test
    void tooLittleMemoryIsRefusedBeforeARunBegins() {
        Path run = folder.resolve("run");
        String sentence = Says.failing(training.words(run, "--memory-limit", "2m"));
        assertTrue(sentence.matches("Training as asked needs about \\d+ MB|.+ GB: weights .+") || sentence.startsWith(
                "Training as asked needs about "), sentence);
        assertTrue(sentence.contains("; but --memory-limit can give 2 MB. No smaller batch or crop, nor --recompute, is"
                + " enough by itself: combine them, or take a smaller --encoder."), sentence);
        assertFalse(Files.exists(run));
        Cli forced = Says.run(training.words(run, "--memory-limit", "2m", "--no-memory-check", "--epochs", 1));
        assertEquals(0, forced.code(), forced.err());
        assertTrue(FORECAST.matcher(forced.out()).find(), forced.out());
    }

    /** As many pictures as there are, where there is memory for more; resumed, the batch is the run's own. */
    @Test
    void theBatchIsChosenAndWrittenDown() throws IOException {
        Path run = folder.resolve("run");
        Cli first = Says.run(training.words(run, "--bs", "auto", "--epochs", 2));
        assertEquals(0, first.code(), first.err());
        assertTrue(first.out().contains("--bs auto: 7 pictures a step, of "), first.out());
        assertTrue(Files.readAllLines(run.resolve("config.yaml")).contains("batch-size: 7"),
                Files.readString(run.resolve("config.yaml")));
        Cli resumed = Says.run(training.words(run, "--bs", "auto", "--epochs", 2, "--resume"));
        assertEquals(0, resumed.code(), resumed.err());
        assertFalse(resumed.out().contains("--bs auto:"), resumed.out());
    }

    @Test
    void wrongWordsAreRefused() {
        Path run = folder.resolve("run");
        for (String word : new String[] {"much", "0", "2x", "-1", "1.5g", ""}) {
            assertEquals("--memory-limit is " + word + ", but must be a number of bytes such as 6g, 800m or"
                    + " 2000000000.", Says.wronglyCalled(training.words(run, "--memory-limit", word)));
        }
        assertTrue(Says.wronglyCalled(training.words(run, "--bs", "many")).contains(
                "'many' is neither a whole number nor auto"));
        assertEquals("--batch-size is 0, but must be at least 1.", Says.wronglyCalled(training.words(run, "--bs", 0)));
        assertEquals("--batch-size is -3, but must be at least 1.", Says.wronglyCalled(training.words(run, "--bs",
                -3)));
    }
}
