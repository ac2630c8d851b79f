package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.tests.golden.Golden;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** Weights files for tests: synthetic state dicts, renamed and damaged, written to a temporary folder. */
final class WeightFiles {
    private WeightFiles() {
    }

    /** The tiny network that the files of {@code golden/g_ckpt} belong to. */
    static ModelConfig tiny() {
        return TinyCase.config(new Golden("g_ckpt").json().get("model"));
    }

    /** A network like {@link #tiny()} with the feed-forward part of the giant. */
    static ModelConfig tinySwiGlu() {
        return TinyCase.config(new Golden("b_tiny/tiny_swiglu_relative").json().get("model"));
    }

    static SyntheticWeights synthetic(ModelConfig config) {
        return SyntheticWeights.of(new DepthAnythingV2(config, new DepthHead.Relative()).parameters());
    }

    /** Writes tensors under the names that they have in {@code state}. */
    static Path write(Path file, Map<String, CheckpointTensor> state, Map<String, String> metadata) {
        List<CheckpointTensor> tensors = new ArrayList<>();
        state.forEach((name, tensor) -> tensors.add(tensor.renamed(name)));
        CheckpointWriter.write(file, tensors, metadata);
        return file;
    }

    /** The same tensors under other names; a tensor whose new name is null is left out. */
    static SequencedMap<String, CheckpointTensor> renamed(Map<String, CheckpointTensor> state,
            UnaryOperator<String> rename) {
        SequencedMap<String, CheckpointTensor> out = new LinkedHashMap<>();
        state.forEach((name, tensor) -> {
            String to = rename.apply(name);
            if (to != null) {
                out.put(to, tensor);
            }
        });
        return out;
    }

    /** A float32 tensor with these elements. */
    static CheckpointTensor tensor(String name, Shape shape, float[] values) {
        return CheckpointTensor.of(name, DType.F32, shape, Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values));
    }

    /** Fails unless both hold the same names with the same shapes and bits, in any order. */
    static void assertSameTensors(Map<String, CheckpointTensor> expected, Map<String, CheckpointTensor> actual) {
        assertEquals(new TreeSet<>(expected.keySet()), new TreeSet<>(actual.keySet()));
        expected.forEach((name, e) -> {
            CheckpointTensor a = actual.get(name);
            assertEquals(name, a.name());
            assertEquals(e.dtype() + " " + e.shape(), a.dtype() + " " + a.shape(), name);
            assertTrue(Arrays.equals(e.toFloats(), a.toFloats()), name + ": the values differ");
        });
    }
}
