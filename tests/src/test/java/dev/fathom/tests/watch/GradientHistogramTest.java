package dev.fathom.tests.watch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.tools.events.TensorBoardLog;
import dev.fathom.training.trainer.TrainListener.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histograms of gradients in event files: TensorBoard's buckets, counted, whatever the number of threads. */
class GradientHistogramTest {
    @TempDir
    private Path folder;
    private int runs;

    /** The histograms of these gradients by name, as another reader finds them. */
    private Map<String, Wire> histograms(Map<String, float[]> gradients, double scale) throws IOException {
        Path run = Files.createDirectory(folder.resolve("run" + runs++));
        try (MemoryScope scope = MemoryScope.open("test"); TensorBoardLog log = new TensorBoardLog(run, 10)) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            gradients.forEach((name, values) -> tensors.put(name, Tensors.of(values, values.length)));
            log.begins(new Start(0, 1, 0, 1, 0, Device.CPU));
            log.gradients(1, tensors, scale);
        }
        Map<String, Wire> found = new LinkedHashMap<>();
        for (EventRecords.Event event : EventRecords.read(EventRecords.files(run).getFirst())) {
            event.values().forEach(v -> found.put(v.text(1), v.message(5)));
        }
        return found;
    }

    private Wire histogram(float... values) throws IOException {
        return histograms(Map.of("pretrained.blocks.0.x", values), 1).get("gradients/encoder/block_00");
    }

    /** TensorBoard's limits, by repeated multiplication as it makes them. */
    private static List<Double> limits() {
        List<Double> limits = new ArrayList<>(List.of(0.0));
        for (double v = 1e-12; v < 1e20; v *= 1.1) {
            limits.addFirst(-v);
            limits.addLast(v);
        }
        limits.addFirst(-Double.MAX_VALUE);
        limits.addLast(Double.MAX_VALUE);
        return limits;
    }

    /** Which of our buckets a value fell into: the only one that is not empty, by its ends. */
    private static double[] ends(Wire histogram) {
        double[] counts = histogram.packed(7);
        double[] limits = histogram.packed(6);
        int full = 0;
        while (counts[full] == 0) {
            full++;
        }
        return new double[] {full == 0 ? -Double.MAX_VALUE : limits[full - 1], limits[full]};
    }

    @Test
    void everyValueLiesInItsBucket() throws IOException {
        List<Double> limits = limits();
        List<Float> values = new ArrayList<>(List.of(0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MAX_VALUE,
                -Float.MAX_VALUE, 1f, -1f, 1e-12f, -1e-12f));
        Random random = new Random(5);
        for (int i = 0; i < 60; i++) {
            float limit = limits.get(random.nextInt(1, limits.size() - 1)).floatValue();
            values.addAll(List.of(limit, Math.nextUp(limit), Math.nextDown(limit)));
        }
        Map<String, float[]> each = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            each.put("pretrained.blocks." + i + ".x", new float[] {values.get(i)});
        }
        List<Wire> found = List.copyOf(histograms(each, 1).values());
        assertEquals(values.size(), found.size());
        for (int i = 0; i < values.size(); i++) {
            double value = values.get(i);
            double above = limits.stream().filter(l -> l > value).findFirst().orElseThrow();
            double below = limits.get(limits.indexOf(above) - 1);
            assertArrayEquals(new double[] {below, above}, ends(found.get(i)), "bucket of " + value);
        }
    }

    @Test
    void countsAndMomentsAreThoseOfTheValues() throws IOException {
        Wire h = histogram(-2, 0, 0, 0.5f, 3, 3, 3);
        assertEquals(-2, h.real64(1));
        assertEquals(3, h.real64(2));
        assertEquals(7, h.real64(3));
        assertEquals(7.5, h.real64(4));
        assertEquals(4 + 0.25 + 27, h.real64(5));
        double[] counts = h.packed(7);
        assertEquals(7, Arrays.stream(counts).sum());
        assertEquals(List.of(1.0, 2.0, 1.0, 3.0), Arrays.stream(counts).filter(c -> c > 0).boxed().toList());
        assertEquals(h.packed(6).length, counts.length);
        for (int i = 1; i < counts.length; i++) {
            assertTrue(h.packed(6)[i - 1] < h.packed(6)[i], "limits rise");
            assertFalse(counts[i - 1] == 0 && counts[i] == 0, "two empty buckets are one");
        }
        assertTrue(counts[counts.length - 1] > 0, "the last bucket holds something");
    }

    @Test
    void gradientsAreShownByBlockAndPartWithoutTheLossScale() throws IOException {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        for (String name : List.of("pretrained.cls_token", "pretrained.patch_embed.proj.weight",
                "pretrained.blocks.0.norm1.weight", "pretrained.blocks.11.attn.qkv.weight",
                "pretrained.blocks.11.mlp.fc1.bias", "pretrained.norm.weight", "depth_head.projects.0.weight",
                "depth_head.resize_layers.1.bias", "depth_head.scratch.layer1_rn.weight",
                "depth_head.scratch.layer4_rn.weight", "depth_head.scratch.refinenet3.out_conv.weight",
                "depth_head.scratch.output_conv1.weight", "depth_head.scratch.output_conv2.0.weight")) {
            gradients.put(name, new float[] {1024, 2048});
        }
        Map<String, Wire> found = histograms(gradients, 1024);
        assertEquals(List.of("encoder/embedding", "encoder/block_00", "encoder/block_11", "encoder/norm",
                "decoder/projects", "decoder/resize_layers", "decoder/layers_rn", "decoder/refinenet3",
                "decoder/output_conv"), found.keySet().stream().map(n -> n.replace("gradients/", "")).toList());
        found.values().forEach(h -> assertEquals(2, h.real64(2)));
        assertEquals(4, found.get("gradients/encoder/embedding").real64(3));
        assertEquals(2, found.get("gradients/encoder/block_00").real64(3));
    }

    /** Longer than a piece, so that threads share it. */
    @Test
    void theBitsDoNotDependOnTheThreads() throws IOException {
        float[] values = new float[500_001];
        Random random = new Random(7);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * Math.exp(10 * random.nextGaussian()));
        }
        Wire shared = histogram(values);
        assertEquals(values.length, shared.real64(3));
        assertEquals(values.length, Arrays.stream(shared.packed(7)).sum());
        try (WorkPool pool = new WorkPool(3)) {
            WorkPool former = WorkPool.replaceShared(pool);
            try {
                Wire three = histogram(values);
                for (int field = 1; field <= 5; field++) {
                    assertEquals(Double.doubleToLongBits(shared.real64(field)),
                            Double.doubleToLongBits(three.real64(field)), "field " + field);
                }
                assertArrayEquals(shared.packed(7), three.packed(7));
            } finally {
                WorkPool.replaceShared(former);
            }
        }
    }
}
