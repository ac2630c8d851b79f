package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Preprocess;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.data.Batch;
import dev.fathom.training.data.DataLoader;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FlipMode;
import dev.fathom.training.data.LoaderOptions;
import dev.fathom.training.data.ValidationLoader;
import dev.fathom.training.data.ValidationSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DataLoaderTest {

    private static LoaderOptions options(int batch) {
        return LoaderOptions.defaults(batch).withInputSize(28).withThreads(2, 2);
    }

    private static List<Batch> all(DataLoader loader, int epoch, int first) {
        List<Batch> batches = new ArrayList<>();
        try (DataLoader.Epoch running = loader.epoch(epoch, first)) {
            running.forEachRemaining(batches::add);
        }
        return batches;
    }

    private static void assertSame(Batch a, Batch b) {
        assertEquals(a.epoch(), b.epoch());
        assertEquals(a.index(), b.index());
        assertEquals(a.names(), b.names());
        assertArrayEquals(a.image(), b.image());
        assertArrayEquals(a.depth(), b.depth());
        assertArrayEquals(a.valid(), b.valid());
        assertArrayEquals(a.validPixels(), b.validPixels());
        assertEquals(a.repaired(), b.repaired());
    }

    @Property(tries = 25)
    void threadsAndWindowChangeNothing(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int threads,
            @ForAll @IntRange(min = 1, max = 4) int ahead, @ForAll @IntRange(max = 9) int epoch,
            @ForAll boolean wholeBatch) {
        ScriptedDataset data = new ScriptedDataset(11, 40, 30);
        Augmentation augmentation = wholeBatch ? Augmentation.article().withFlip(FlipMode.PER_BATCH, 0.5)
                : Augmentation.article();
        LoaderOptions one = options(3).withSeed(seed).withAugmentation(augmentation).withThreads(1, 1);
        List<Batch> expected = all(new DataLoader(data, one), epoch, 0);
        List<Batch> actual = all(new DataLoader(data, one.withThreads(threads, ahead)), epoch, 0);
        assertEquals(3, expected.size());
        assertEquals(3, actual.size());
        for (int i = 0; i < 3; i++) {
            assertSame(expected.get(i), actual.get(i));
        }
    }

    @Test
    void resumingAtABatchGivesTheRest() {
        DataLoader loader = new DataLoader(new ScriptedDataset(13, 40, 30), options(2));
        List<Batch> whole = all(loader, 4, 0);
        List<Batch> rest = all(loader, 4, 2);
        assertEquals(6, whole.size());
        assertEquals(4, rest.size());
        for (int i = 0; i < 4; i++) {
            assertSame(whole.get(i + 2), rest.get(i));
        }
        assertEquals(List.of(), all(loader, 4, 6));
        assertThrows(IllegalArgumentException.class, () -> loader.epoch(4, 7));
    }

    @Test
    void everyEpochHasItsOwnOrderOfAllSamples() {
        DataLoader loader = new DataLoader(new ScriptedDataset(12, 28, 28), options(4));
        Set<List<String>> orders = new HashSet<>();
        for (int epoch = 0; epoch < 3; epoch++) {
            List<String> names = all(loader, epoch, 0).stream().flatMap(b -> b.names().stream()).toList();
            assertEquals(12, new HashSet<>(names).size());
            orders.add(names);
        }
        assertEquals(3, orders.size());
    }

    @Test
    void lastBatchIsDroppedOrSmall() {
        ScriptedDataset data = new ScriptedDataset(7, 28, 28);
        LoaderOptions kept = options(3).withOrder(false, false);
        List<Batch> batches = all(new DataLoader(data, kept), 0, 0);
        assertEquals(List.of(3, 3, 1), batches.stream().map(Batch::size).toList());
        assertEquals(28 * 28 * 3, batches.get(2).image().length);
        assertEquals(List.of("scripted-3", "scripted-4", "scripted-5"), batches.get(1).names());
        assertEquals(2, all(new DataLoader(data, options(3)), 0, 0).size());
        FathomException few = assertThrows(FathomException.class, () -> new DataLoader(data, options(8)));
        assertTrue(few.getMessage().contains("7 sample(s)") && few.getMessage().contains("batch of 8"));
    }

    /** Without augmentation a batch holds a crop of the resized picture, and its depth; valid says where it counts. */
    @Test
    void aBatchHoldsCropsOfThePreprocessedPicture() {
        ScriptedDataset data = new ScriptedDataset(2, 45, 30);
        LoaderOptions plain = options(2).withOrder(false, true).withAugmentation(Augmentation.none())
                .withDepthRange(1, 9);
        Batch batch = all(new DataLoader(data, plain), 0, 0).getFirst();
        assertEquals(28, batch.side());
        for (int n = 0; n < 2; n++) {
            DepthSample sample = data.sample(n);
            NetworkSize size = NetworkSize.of(sample.width(), sample.height(), 28);
            float[] whole = Preprocess.normalised(sample.picture(), size);
            boolean found = false;
            for (int top = 0; top <= size.height() - 28; top++) {
                for (int left = 0; left <= size.width() - 28; left++) {
                    found |= cropMatches(whole, size.width(), top, left, batch.image(), n);
                }
            }
            assertTrue(found, "sample " + n + " is no crop of the whole picture");
        }
        int valid = 0;
        for (int i = 0; i < batch.valid().length; i++) {
            float depth = batch.depth()[i];
            assertEquals(depth >= 1 && depth <= 9 ? 1 : 0, batch.valid()[i]);
            valid += batch.valid()[i];
        }
        assertEquals(valid, batch.totalValidPixels());
        assertTrue(valid > 0 && valid < batch.valid().length);
        assertEquals(data.sample(0).repaired() + data.sample(1).repaired(), batch.repaired());
    }

    private static boolean cropMatches(float[] whole, int width, int top, int left, float[] image, int n) {
        for (int y = 0; y < 28; y++) {
            int from = 3 * ((top + y) * width + left);
            int at = 3 * 28 * (n * 28 + y);
            if (!Arrays.equals(whole, from, from + 84, image, at, at + 84)) {
                return false;
            }
        }
        return true;
    }

    /** A flat ramp: every column of the crop tells its position, so all positions can be seen to occur. */
    @Test
    void cropsReachEveryPosition() {
        ScriptedDataset data = new ScriptedDataset(2, 42, 28);
        LoaderOptions plain = options(1).withOrder(false, true).withAugmentation(Augmentation.none());
        DataLoader loader = new DataLoader(data, plain);
        NetworkSize size = NetworkSize.of(42, 28, 28);
        float[] whole = Preprocess.normalised(data.sample(0).picture(), size);
        Set<Integer> lefts = new HashSet<>();
        for (int epoch = 0; epoch < 150; epoch++) {
            Batch batch = all(loader, epoch, 0).getFirst();
            for (int left = 0; left <= size.width() - 28; left++) {
                if (cropMatches(whole, size.width(), 0, left, batch.image(), 0)) {
                    lefts.add(left);
                }
            }
        }
        assertEquals(15, lefts.size());
    }

    @Test
    void aWholeBatchIsFlippedOrNot() {
        ScriptedDataset data = new ScriptedDataset(4, 28, 28);
        LoaderOptions plain = options(4).withAugmentation(Augmentation.none());
        Batch straight = all(new DataLoader(data, plain), 1, 0).getFirst();
        Batch flipped = all(new DataLoader(data, plain.withAugmentation(
                Augmentation.none().withFlip(FlipMode.PER_BATCH, 1))), 1, 0).getFirst();
        assertEquals(straight.names(), flipped.names());
        assertFalse(Arrays.equals(straight.image(), flipped.image()));
        for (int row = 0; row < 4 * 28; row++) {
            for (int x = 0; x < 28; x++) {
                assertEquals(straight.depth()[row * 28 + x], flipped.depth()[row * 28 + 27 - x]);
                assertEquals(straight.valid()[row * 28 + x], flipped.valid()[row * 28 + 27 - x]);
                assertEquals(straight.image()[3 * (row * 28 + x) + 1], flipped.image()[3 * (row * 28 + 27 - x) + 1]);
            }
        }
    }

    /** The batches before the broken sample come; then the failure, which names it, whatever the number of threads. */
    @Test
    void aFailureSurfacesInItsPlaceWithTheSamplesName() {
        for (int threads = 1; threads <= 3; threads++) {
            for (int broken : new int[] {4, 5}) {
                ScriptedDataset data = new ScriptedDataset(10, 28, 28);
                data.failing.add(broken);
                DataLoader loader = new DataLoader(data, options(2).withOrder(false, true).withThreads(threads, 3));
                try (DataLoader.Epoch batches = loader.epoch(0, 0)) {
                    assertEquals(0, batches.next().index());
                    assertEquals(1, batches.next().index());
                    FathomException failure = assertThrows(FathomException.class, batches::next);
                    assertTrue(failure.getMessage().contains("scripted-" + broken), failure.getMessage());
                    assertFalse(batches.hasNext());
                }
            }
        }
    }

    @Test
    void holesAreCountedAndNeverFailALoad() {
        ScriptedDataset data = new ScriptedDataset(3, 28, 28);
        data.holes.addAll(List.of(0, 2));
        Batch batch = all(new DataLoader(data, options(3)), 0, 0).getFirst();
        assertEquals(2, batch.emptySamples());
        assertTrue(batch.totalValidPixels() > 0);
    }

    /** The window is bounded, and closing early leaves no thread behind. */
    @Test
    void closingEarlyStopsTheThreads() throws InterruptedException {
        ScriptedDataset data = new ScriptedDataset(1000, 28, 28);
        DataLoader loader = new DataLoader(data, options(2).withThreads(3, 2));
        DataLoader.Epoch batches = loader.epoch(0, 0);
        batches.next();
        Thread.sleep(100);
        assertTrue(data.reads.get() <= 2 * 3, "read ahead: " + data.reads.get());
        batches.close();
        int after = data.reads.get();
        Thread.sleep(50);
        assertEquals(after, data.reads.get());
        assertFalse(batches.hasNext());
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("fathom-loader")));
    }

    @Test
    void validationKeepsSizeAndOrder() {
        ScriptedDataset data = new ScriptedDataset(5, 50, 30);
        for (int threads = 1; threads <= 3; threads++) {
            try (ValidationLoader loader = new ValidationLoader(data, 28, threads)) {
                for (int i = 0; i < 5; i++) {
                    ValidationSample sample = loader.next();
                    assertEquals(i, sample.index());
                    NetworkSize size = NetworkSize.of(sample.sample().width(), sample.sample().height(), 28);
                    assertEquals(size, new NetworkSize(sample.width(), sample.height()));
                    assertArrayEquals(Preprocess.normalised(sample.sample().picture(), size), sample.image());
                    assertArrayEquals(data.sample(i).depth(), sample.sample().depth());
                }
                assertFalse(loader.hasNext());
            }
        }
        data.failing.add(1);
        try (ValidationLoader loader = new ValidationLoader(data, 28, 2)) {
            loader.next();
            assertTrue(assertThrows(FathomException.class, loader::next).getMessage().contains("scripted-1"));
        }
    }

    @Test
    void optionsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> options(0));
        assertThrows(IllegalArgumentException.class, () -> options(1).withInputSize(30));
        assertThrows(IllegalArgumentException.class, () -> options(1).withThreads(0, 1));
        assertThrows(IllegalArgumentException.class, () -> options(1).withDepthRange(5, 5));
        assertNotEquals(options(1), options(2));
    }
}
