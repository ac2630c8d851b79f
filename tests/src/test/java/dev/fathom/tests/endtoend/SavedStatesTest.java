package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointFormat;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** States that are kept, chosen, damaged, exported; and the folder that only one run may have. */
class SavedStatesTest {
    @TempDir
    private static Path shared;
    private static Training training;
    /** 2 epochs of 3 steps, each saved, the last 3 kept; stopped by nobody. */
    private static Path finished;

    @TempDir
    private Path folder;
    private Path run;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
        finished = shared.resolve("run");
        ran(words(finished));
    }

    private static Object[] words(Path run, Object... more) {
        List<Object> options = new ArrayList<>(List.of("--save-every", 1, "--keep-last", 3, "--img-size", 42));
        options.addAll(List.of(more));
        return training.words(run, options.toArray());
    }

    @BeforeEach
    void copy() throws IOException {
        run = folder.resolve("run");
        for (String file : Workshop.files(finished)) {
            Files.createDirectories(run.resolve(file).getParent());
            Files.copy(finished.resolve(file), run.resolve(file));
        }
    }

    private static Cli ran(Object... words) {
        Cli cli = Says.run(words);
        assertEquals(0, cli.code(), cli.err() + cli.out());
        return cli;
    }

    private Path last() {
        return run.resolve("last.safetensors");
    }

    private Path kept(int step) {
        return run.resolve("states").resolve("step-%08d.safetensors".formatted(step));
    }

    private static JsonNode progress(Path state) throws IOException {
        try (CheckpointFile file = CheckpointFile.open(state)) {
            return new ObjectMapper().readTree(file.metadata().get("fathom.progress"));
        }
    }

    private void assertEndsAsEver() {
        Training.assertSameBits(finished.resolve("last.safetensors"), last(), "last");
        Training.assertSameBits(finished.resolve("best.safetensors"), run.resolve("best.safetensors"), "best");
    }

    /** Three states: the last, and the two before it by their steps. All are whole, each is of its step. */
    @Test
    void theLastKAreKept() throws IOException {
        assertEquals(List.of("step-00000004.safetensors", "step-00000005.safetensors"),
                Workshop.files(run.resolve("states")));
        assertEquals(List.of(4, 5, 6), List.of(progress(kept(4)).get("step").asInt(),
                progress(kept(5)).get("step").asInt(), progress(last()).get("step").asInt()));
        for (Path state : List.of(kept(4), kept(5), last())) {
            assertTrue(ran("info", state).out().contains("carried, and every byte agrees"));
        }
    }

    /** A damaged last state is refused, the one before is offered, and used only when it is asked for. */
    @ParameterizedTest
    @CsvSource({"previous", "states/step-00000004.safetensors"})
    void theOneBeforeIsUsedWhenAskedFor(String which) throws IOException {
        byte[] bytes = Files.readAllBytes(last());
        bytes[bytes.length - 77] ^= 4;
        Files.write(last(), bytes);
        String refusal = Says.failing(words(run, "--resume"));
        assertTrue(refusal.startsWith("This run cannot be resumed: " + last() + ", tensor 'model.")
                || refusal.startsWith("This run cannot be resumed: " + last() + ", tensor 'optimizer."), refusal);
        assertTrue(refusal.endsWith(" where the file says " + refusal.replaceAll("(?s).*where the file says (\\w+);.*",
                "$1") + "; expected the same; the one before it is " + kept(5) + ": --resume previous goes on from"
                + " there."), refusal);
        assertEquals(-1, Arrays.mismatch(bytes, Files.readAllBytes(last())), "it stays as it is");
        ran(words(run, "--resume", which.equals("previous") ? which : run.resolve(which)));
        assertEndsAsEver();
    }

    /** Any bit: a hundred of them, in the header and in the data, and lengths. */
    @Test
    void aStateWithOneWrongBitIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(last());
        Random random = new Random(11);
        for (int i = 0; i < 30; i++) {
            byte[] altered = i < 25 ? whole.clone() : Arrays.copyOf(whole, random.nextInt(whole.length));
            // A quarter of the file is its header; a third of the bits tried lie there.
            int at = random.nextInt(i % 3 == 0 ? 60_000 : whole.length);
            if (i < 25) {
                altered[at] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(last(), altered);
            String refusal = Says.failing(words(run, "--resume"));
            assertTrue(refusal.startsWith("This run cannot be resumed: " + last()) && refusal.lines().count() == 1,
                    "byte " + at + ": " + refusal);
        }
    }

    @Test
    void thereIsNoneBefore() throws IOException {
        for (int step = 4; step <= 5; step++) {
            Files.delete(kept(step));
        }
        assertEquals("There is no state before " + last() + " to resume; runs keep them with --keep-last 2 or more.",
                Says.failing(words(run, "--resume", "previous")));
        Path none = folder.resolve("none.safetensors");
        assertEquals("There is no state " + none + " to resume; --resume takes nothing, 'previous' or a state's file.",
                Says.failing(words(run, "--resume", none)));
        assertEquals(finished.resolve("last.safetensors") + " is not in the run folder " + run
                + "; name one of its own states, or copy this one to its folder states/ first.",
                Says.failing(words(run, "--resume", finished.resolve("last.safetensors"))));
        Files.delete(last());
        Files.copy(finished.resolve("last.safetensors"), kept(3));
        assertEquals(kept(3) + " is there already, a state of another run; add --resume previous to go on with that run,"
                + " or choose another --outdir.", Says.failing(words(run)));
    }

    /** Of an older or a newer program, or without checksums, as an altered header may leave it. */
    @Test
    void anotherVersionIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(last());
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Files.write(last(), text.replace("\"fathom.crc32c\"", "\"fathom.crc32x\"")
                .getBytes(StandardCharsets.ISO_8859_1));
        String none = Says.failing(words(run, "--resume"));
        assertTrue(none.startsWith("This run cannot be resumed: " + last() + " carries no checksums: it was altered, or"
                + " saved by a version of Fathom that knew none; the one before it is "), none);
        try (CheckpointFile file = CheckpointFile.open(finished.resolve("last.safetensors"))) {
            Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
            metadata.put("fathom.state", "3");
            CheckpointWriter.write(last(), file.tensors().values(), metadata);
        }
        String newer = Says.failing(words(run, "--resume"));
        assertTrue(newer.startsWith("This run cannot be resumed: " + last()
                + " was saved by another version of Fathom (its fathom.state is 3, this version's is 2); "), newer);
    }

    @Test
    void infoSaysWhatAStateIs() throws IOException {
        String info = ran("info", kept(4)).out();
        assertTrue(info.matches("(?s).*state +of a training run of 2 epochs, after 4 steps, in epoch 2 before its batch 2;"
                + " best abs_rel \\d\\.\\d{4} in epoch 1: what --resume goes on from\n.*"), info);
        assertTrue(ran("info", last()).out().contains("after 6 steps, finished; best abs_rel "));
        assertFalse(ran("info", run.resolve("best.safetensors")).out().contains(" state "));
        byte[] bytes = Files.readAllBytes(last());
        bytes[bytes.length / 2] ^= 1;
        Files.write(last(), bytes);
        String refusal = Says.failing("info", last());
        assertTrue(refusal.startsWith(last() + ", tensor '") && refusal.contains(" has checksum "), refusal);
    }

    /** Which way is better is the metric's to know: d1 grows, abs_rel falls. */
    @ParameterizedTest
    @CsvSource({"d1, true", "rmse, false"})
    void theBestByAnyMetric(String metric, boolean higher) throws IOException {
        Path other = folder.resolve("other");
        Cli cli = ran(words(other, "--best-by", metric, "--epochs", 3));
        double best = Double.NaN;
        int epoch = -1;
        for (String line : Files.readAllLines(other.resolve("metrics.jsonl"))) {
            JsonNode values = new ObjectMapper().readTree(line);
            double value = values.get(metric).asDouble();
            if (epoch < 0 || (higher ? value > best : value < best)) {
                best = value;
                epoch = values.get("epoch").asInt();
            }
        }
        JsonNode progress = progress(other.resolve("last.safetensors"));
        assertEquals(best, progress.get("best").asDouble());
        assertEquals(epoch, progress.get("bestEpoch").asInt());
        assertTrue(cli.out().contains("done: best " + metric + " "), cli.out());
        String refusal = Says.failing(words(other, "--epochs", 3, "--resume"));
        assertTrue(refusal.contains("select.bestBy was " + metric.toUpperCase(Locale.ROOT)
                + " and is ABS_REL"), refusal);
    }

    /** Every other epoch, and the end; steps and minutes come on top of the epochs. */
    @Test
    void savedWhenAskedFor() throws IOException {
        Path other = folder.resolve("other");
        ran(training.words(other, "--img-size", 42, "--epochs", 3, "--save-every", "2e", "--keep-last", 9));
        assertEquals(List.of("step-00000006.safetensors"), Workshop.files(other.resolve("states")));
        assertEquals(9, progress(other.resolve("last.safetensors")).get("step").asInt());
        Path steps = folder.resolve("steps");
        ran(training.words(steps, "--img-size", 42, "--save-every", "2 steps", "--keep-last", 9));
        assertEquals(List.of("step-00000002.safetensors", "step-00000003.safetensors", "step-00000004.safetensors"),
                Workshop.files(steps.resolve("states")));
        Path always = folder.resolve("always");
        ran(training.words(always, "--img-size", 42, "--epochs", 1, "--save-every", "0.0000001m", "--keep-last", 9));
        assertEquals(List.of("step-00000001.safetensors", "step-00000002.safetensors"),
                Workshop.files(always.resolve("states")));
    }

    @ParameterizedTest
    @CsvSource({"best.pth, TORCH_ZIP", "best.safetensors, SAFETENSORS"})
    void theBestIsExported(String name, CheckpointFormat format) {
        Path exported = folder.resolve(name);
        Cli cli = ran(words(run, "--export-best", exported, "--resume"));
        assertTrue(cli.out().contains("the best model is in " + exported + " too"), cli.out());
        Training.assertSameBits(run.resolve("best.safetensors"), exported, "exported");
        try (CheckpointFile file = CheckpointFile.open(exported)) {
            assertEquals(format, file.format());
            assertTrue(file.verify());
        }
        assertEquals(exported + " is there already; choose another name for --export-best, or move that file away.",
                Says.failing(words(folder.resolve("new"), "--export-best", exported)));
        ran(words(run, "--export-best", exported, "--resume"));
        assertTrue(Says.wronglyCalled(words(folder.resolve("new"), "--export-best", "best.onnx"))
                .startsWith("best.onnx names no format that can be written"));
    }

    /** Another process, as the system sees it: a lock of this process would not be noticed by its own. */
    @Test
    void twoRunsDoNotShareAFolder() throws Exception {
        try (Child child = Child.start(folder, words(folder.resolve("busy"), "--epochs", 500))) {
            child.until("the first save", () -> Files.exists(folder.resolve("busy").resolve("last.safetensors")));
            String refusal = Says.failing(words(folder.resolve("busy"), "--epochs", 500, "--resume"));
            assertTrue(refusal.matches("Another run trains into \\S+/busy already \\(process " + child.pid()
                    + ", since \\S+Z\\); wait for it or stop it, or choose another folder with --outdir\\."), refusal);
            child.kill();
        }
        // The lock went with its process, though its file is still there.
        try (FileChannel file = FileChannel.open(folder.resolve("busy").resolve("run.lock"), StandardOpenOption.WRITE);
                FileLock free = file.tryLock()) {
            assertTrue(free.isValid());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --save-every often | --save-every is 'often', but must be a number of steps (200), minutes (10m) or epochs (1e), more than 0.
            --save-every 1.5e  | --save-every is '1.5e', but must be a number of steps (200), minutes (10m) or epochs (1e), more than 0.
            --save-every 0m    | --save-every is '0m', but must be a number of steps (200), minutes (10m) or epochs (1e), more than 0.
            --keep-last 0      | --keep-last is 0, but must be at least 1: the state itself.
            """)
    void whatMakesNoSense(String options, String sentence) {
        assertEquals(sentence, Says.wronglyCalled(words(folder.resolve("new"), (Object[]) options.split(" "))));
    }

    @Test
    void metricsByTheirNames() {
        String wrong = Says.wronglyCalled(words(folder.resolve("new"), "--best-by", "psnr"));
        assertTrue(wrong.contains("--best-by") && wrong.contains("'psnr' is not one of d1, d2, d3, abs_rel"), wrong);
    }
}
