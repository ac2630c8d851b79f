package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.Batch;
import dev.fathom.training.data.DataLoader;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.LoaderOptions;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.ValidationLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that cannot be read end a run, or leave a hole in their place and nowhere else. */
class SkipBadTest {
    private static final int SIDE = 28;

    private static LoaderOptions options() {
        return LoaderOptions.defaults(3).withInputSize(SIDE).withSkipBad(SkipBad.ALL);
    }

    private static List<Batch> epoch(ScriptedDataset data, LoaderOptions options) {
        List<Batch> batches = new ArrayList<>();
        try (DataLoader.Epoch running = new DataLoader(data, options).epoch(2, 0)) {
            running.forEachRemaining(batches::add);
        }
        return batches;
    }

    /** Batch b is a function of (data, seed, epoch, b): a torn file changes its own place in it and no other number. */
    @Property(tries = 20)
    void aBadFrameLeavesAHoleInItsPlace(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int threads,
            @ForAll @IntRange(max = 10) int bad, @ForAll @IntRange(max = 10) int alsoBad) {
        LoaderOptions options = options().withSeed(seed).withThreads(threads, threads);
        List<Batch> whole = epoch(new ScriptedDataset(11, 40, 30), options);
        ScriptedDataset torn = new ScriptedDataset(11, 40, 30);
        torn.bad.addAll(List.of(bad, alsoBad));
        List<Batch> left = epoch(torn, options);
        assertEquals(whole.size(), left.size());
        int holes = 0;
        for (int b = 0; b < whole.size(); b++) {
            Batch expected = whole.get(b);
            Batch actual = left.get(b);
            assertEquals(expected.names(), actual.names());
            for (int n = 0; n < expected.size(); n++) {
                int pixels = SIDE * SIDE;
                String name = expected.names().get(n);
                boolean hole = torn.bad.stream().anyMatch(i -> torn.name(i).equals(name));
                float[] image = Arrays.copyOfRange(expected.image(), 3 * pixels * n, 3 * pixels * (n + 1));
                float[] depth = Arrays.copyOfRange(expected.depth(), pixels * n, pixels * (n + 1));
                assertArrayEquals(hole ? new float[3 * pixels] : image,
                        Arrays.copyOfRange(actual.image(), 3 * pixels * n, 3 * pixels * (n + 1)));
                assertArrayEquals(hole ? new float[pixels] : depth,
                        Arrays.copyOfRange(actual.depth(), pixels * n, pixels * (n + 1)));
                assertEquals(hole ? 0 : expected.validPixels()[n], actual.validPixels()[n]);
                assertEquals(hole, actual.bad().stream().anyMatch(f -> f.name().equals(name)));
                holes += hole ? 1 : 0;
            }
        }
        assertEquals(holes, left.stream().mapToInt(batch -> batch.bad().size()).sum());
    }

    @Test
    void whatIsToldOfABadFrame() {
        ScriptedDataset data = new ScriptedDataset(3, 30, 30);
        data.bad.add(1);
        Batch batch = epoch(data, options()).getFirst();
        assertEquals(List.of(new BadFrame(1, "scripted-1", FrameException.Fault.DAMAGED,
                "The file of scripted-1 is torn.")), batch.bad());
        assertEquals(1, batch.emptySamples());
    }

    @Test
    void withoutThePolicyItEndsTheEpochInItsPlace() {
        ScriptedDataset data = new ScriptedDataset(6, 30, 30);
        data.bad.add(4);
        try (DataLoader.Epoch batches = new DataLoader(data, options().withOrder(false, true)
                .withSkipBad(SkipBad.STOP)).epoch(0, 0)) {
            assertEquals(0, batches.next().index());
            assertEquals("The file of scripted-4 is torn.", assertThrows(FrameException.class, batches::next)
                    .getMessage());
        }
        try (ValidationLoader loader = new ValidationLoader(data, SIDE, 2)) {
            for (int i = 0; i < 4; i++) {
                assertEquals(i, loader.next().index());
            }
            assertThrows(FrameException.class, loader::next);
        }
    }

    /** What is not the file's fault (a bug, a full heap) must not change what is learnt from. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void otherFailuresAreNeverSkipped(int failing) {
        ScriptedDataset data = new ScriptedDataset(3, 30, 30);
        data.failing.add(failing);
        try (DataLoader.Epoch batches = new DataLoader(data, options()).epoch(0, 0)) {
            assertTrue(assertThrows(FathomException.class, batches::next).getMessage()
                    .contains(data.name(failing)));
        }
        try (ValidationLoader loader = new ValidationLoader(data, SIDE, 1, bad -> { })) {
            assertThrows(FathomException.class, () -> loader.forEachRemaining(sample -> { }));
        }
    }

    @Test
    void validationTellsAndGoesOn() {
        ScriptedDataset data = new ScriptedDataset(5, 30, 30);
        data.bad.addAll(List.of(0, 3, 4));
        for (int threads = 1; threads <= 3; threads++) {
            List<Integer> seen = new ArrayList<>();
            List<Integer> left = new ArrayList<>();
            try (ValidationLoader loader = new ValidationLoader(data, SIDE, threads, bad -> left.add(bad.index()))) {
                loader.forEachRemaining(sample -> seen.add(sample.index()));
                assertFalse(loader.hasNext());
            }
            assertEquals(List.of(1, 2), seen);
            assertEquals(List.of(0, 3, 4), left);
        }
    }

    @ParameterizedTest
    @CsvSource({"stop,400000,0", "all,400000,400000", "20,400000,20", "20,7,7", "1%,400000,4000", "10%,7,0",
        "0.5%,1000,5", "STOP,5,0", "0,5,0", "100%,5,5"})
    void words(String word, int frames, int limit) {
        SkipBad policy = SkipBad.of(word);
        assertEquals(limit, policy.limit(frames));
        assertEquals(policy, SkipBad.of(policy.toString()));
        assertEquals(!word.equalsIgnoreCase("stop") && !word.equals("0"), policy.skips());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "some", "-1", "101%", "1.5", "%", "1e3", "99999999999"})
    void otherWordsAreRefused(String word) {
        assertEquals("--skip-bad is " + word + ", but must be stop, a number of frames (20), a share of them (1%) or"
                + " all.", assertThrows(FathomException.class, () -> SkipBad.of(word)).getMessage());
    }

    @Test
    void tooManyEndTheRunWithTheirCounts() {
        BadFrame last = new BadFrame(9, "x.h5", FrameException.Fault.MISSING, "The frame x.h5 is gone.");
        SkipBad policy = SkipBad.of("2%");
        policy.check("training", Map.of("damaged", 20), 1000, last);
        assertEquals("21 of the 1,000 training frames cannot be read (20 damaged, 1 missing), where --skip-bad 2%"
                + " allows 20; the last: The frame x.h5 is gone.", assertThrows(FathomException.class,
                () -> policy.check("training", Map.of("missing", 1, "damaged", 20), 1000, last)).getMessage());
    }
}
