package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.Batch;
import dev.fathom.training.data.DataLoader;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.LoaderOptions;
import dev.fathom.training.data.MixedDataset;
import dev.fathom.training.data.MixedDataset.Part;
import dev.fathom.training.data.Mixture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several data sets in one training: whose frames come how often, in which order. */
class MixedDatasetTest {
    /** A set whose frames are called by its letter. */
    private record Named(String letter, ScriptedDataset data) implements DepthDataset {
        @Override
        public int size() {
            return data.size();
        }

        @Override
        public DepthSample sample(int index) {
            DepthSample own = data.sample(index);
            return new DepthSample(name(index), own.picture(), own.depth(), own.repaired());
        }

        @Override
        public String name(int index) {
            return letter + index;
        }
    }

    private static MixedDataset mixed(int a, double weightA, int b, double weightB) {
        return new MixedDataset(List.of(new Part("set A", new Named("a", new ScriptedDataset(a, 30, 28)), weightA),
                new Part("set B", new Named("b", new ScriptedDataset(b, 32, 28)), weightB)));
    }

    private static int[] draws(MixedDataset data) {
        return data.mixture().orElseThrow().shares().stream().mapToInt(Mixture.Share::draws).toArray();
    }

    private static LoaderOptions options(int batch, long seed) {
        return LoaderOptions.defaults(batch).withInputSize(28).withSeed(seed).withOrder(true, false);
    }

    private static List<Batch> all(DataLoader loader, int epoch, int first) {
        List<Batch> batches = new ArrayList<>();
        try (DataLoader.Epoch running = loader.epoch(epoch, first)) {
            running.forEachRemaining(batches::add);
        }
        return batches;
    }

    private static Map<String, Integer> used(DataLoader loader, int epochs) {
        Map<String, Integer> used = new TreeMap<>();
        for (int epoch = 0; epoch < epochs; epoch++) {
            all(loader, epoch, 0).forEach(batch -> batch.names().forEach(name -> used.merge(name, 1, Integer::sum)));
        }
        return used;
    }

    @ParameterizedTest
    @CsvSource({"10,2, 5,1, 10,5", "12,1, 4,3, 4,12", "5,1, 5,2, 3,7", "7,NaN, 3,NaN, 7,3", "1,1000, 99,1000, 50,50",
        "3,0.1, 4,0.6, 1,6"})
    void anEpochIsSharedByWeight(int a, double weightA, int b, double weightB, int drawsA, int drawsB) {
        assertArrayEquals(new int[] {drawsA, drawsB}, draws(mixed(a, weightA, b, weightB)));
    }

    /** Places are neither lost nor won, and are as near to the share as whole numbers can be. */
    @Property(tries = 300)
    void sharesAddUp(@ForAll @IntRange(min = 50, max = 4000) int a, @ForAll @IntRange(min = 1, max = 60) int weightA,
            @ForAll @IntRange(min = 1, max = 3000) int b, @ForAll @IntRange(min = 1, max = 60) int weightB,
            @ForAll @IntRange(min = 10, max = 900) int c) {
        MixedDataset data = new MixedDataset(List.of(new Part("a", new ScriptedDataset(a, 1, 1), weightA),
                new Part("b", new ScriptedDataset(b, 1, 1), weightB), new Part("c", new ScriptedDataset(c, 1, 1), 7)));
        double total = a + b + c;
        int[] draws = draws(data);
        assertEquals(a + b + c, Arrays.stream(draws).sum());
        double[] weights = {weightA, weightB, 7};
        for (int i = 0; i < 3; i++) {
            assertTrue(Math.abs(draws[i] - total * weights[i] / (weightA + weightB + 7)) < 1, Arrays.toString(draws));
        }
    }

    /** Half of the places go to 3 frames, half to 9: over 6 epochs 12 times each, and 4 times each. */
    @Test
    void framesOfASetAreUsedEquallyOften() {
        DataLoader loader = new DataLoader(mixed(3, 1, 9, 1), options(5, 11));
        used(loader, 6).forEach((name, count) -> assertEquals(name.startsWith("a") ? 12 : 4, count, name));
        Map<String, Integer> three = used(loader, 3);
        assertEquals(12, three.size());
        three.forEach((name, count) -> assertEquals(name.startsWith("a") ? 6 : 2, count, name));
        Map<String, Integer> one = used(loader, 1);
        assertEquals(9, one.size(), "6 of 9 frames and all of 3");
    }

    @Test
    void withoutWeightsEveryFrameIsUsedOnceAnEpoch() {
        DataLoader loader = new DataLoader(mixed(3, Double.NaN, 9, Double.NaN), options(4, 11));
        Map<String, Integer> used = used(loader, 1);
        assertEquals(12, used.size());
        assertEquals(new HashSet<>(List.of(1)), new HashSet<>(used.values()));
        assertNotEquals(names(loader, 0), names(loader, 1));
    }

    private static List<String> names(DataLoader loader, int epoch) {
        return all(loader, epoch, 0).stream().flatMap(batch -> batch.names().stream()).toList();
    }

    /** Sets do not stand one after the other: both are in nearly every batch. */
    @Test
    void batchesAreMixed() {
        DataLoader loader = new DataLoader(mixed(40, 1, 40, 1), options(8, 5));
        long both = all(loader, 0, 0).stream().filter(batch -> batch.names().stream().anyMatch(n -> n.startsWith("a"))
                && batch.names().stream().anyMatch(n -> n.startsWith("b"))).count();
        assertTrue(both >= 9, both + " of 10 batches");
    }

    @Test
    void resumingAtABatchGivesTheRestWhateverTheThreads() {
        List<Batch> whole = all(new DataLoader(mixed(3, 3, 9, 1), options(2, 7).withThreads(1, 1)), 4, 0);
        List<Batch> rest = all(new DataLoader(mixed(3, 3, 9, 1), options(2, 7).withThreads(3, 3)), 4, 2);
        for (int i = 0; i < rest.size(); i++) {
            assertEquals(whole.get(i + 2).names(), rest.get(i).names());
            assertArrayEquals(whole.get(i + 2).image(), rest.get(i).image());
            assertArrayEquals(whole.get(i + 2).depth(), rest.get(i).depth());
        }
        assertEquals(4, rest.size());
    }

    /** A frame that is used three times in an epoch is not the same picture three times. */
    @Test
    void repeatedFramesAreVariedAnew() {
        List<Batch> batches = all(new DataLoader(mixed(1, 5, 5, 1), options(1, 3)), 0, 0);
        List<Batch> first = batches.stream().filter(batch -> batch.names().getFirst().equals("a0")).toList();
        assertEquals(5, first.size());
        for (int i = 1; i < first.size(); i++) {
            assertFalse(Arrays.equals(first.get(0).image(), first.get(i).image()), "use " + i);
        }
    }

    /** Frames keep their own numbers and names; the first set's come first. */
    @Test
    void oneAfterTheOther() {
        MixedDataset data = mixed(3, 2, 4, 1);
        assertEquals(7, data.size());
        assertEquals("a2", data.name(2));
        assertEquals("b0", data.sample(3).name());
        assertEquals("b3", data.name(6));
        assertEquals(32 * 28, data.pixelsOfFirstUsable(1));
        assertEquals(List.of(" 71.4 % of an epoch: 5 of 7 places, weight 2, each of 3 frames 1.67 times, set A",
                " 28.6 % of an epoch: 2 of 7 places, weight 1, each of 4 frames 0.50 times, set B"), data.lines());
        assertEquals(data.fingerprint(), mixed(3, 2, 4, 1).fingerprint());
        assertNotEquals(data.fingerprint(), mixed(3, 1, 4, 1).fingerprint());
        assertEquals("The data set set A would get none of the 7 frames of an epoch: expected a larger weight, or leave it"
                + " out.", assertThrows(FathomException.class, () -> mixed(3, 0.001, 4, 1)).getMessage());
    }
}
