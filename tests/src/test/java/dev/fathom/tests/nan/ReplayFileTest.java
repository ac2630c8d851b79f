package dev.fathom.tests.nan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.nan.ReplayFacts;
import dev.fathom.training.nan.ReplayFile;
import dev.fathom.training.options.LossOptions;
import dev.fathom.training.step.StepReplay;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay file is the step itself: every bit of weights and batch, also of those that are not finite. */
class ReplayFileTest {
    @TempDir
    private Path folder;
    private Path file;
    private MemoryScope scope;

    @BeforeEach
    void open() {
        scope = MemoryScope.open("test");
        file = folder.resolve("epoch-002-batch-00005.safetensors");
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static ReplayFacts facts(DepthAnythingV2 model, Batch batch) {
        return new ReplayFacts(2, 5, 105, "NaN", 12, Precision.BF16, 1, true, LossOptions.article(),
                model.parameters().all().stream().filter(Parameter::isFrozen).map(Parameter::name).toList(),
                batch.names(), 3, 2, 3, "cpu", "a sentence");
    }

    @Test
    void everyBitComesBack() {
        DepthAnythingV2 model = TinyStep.model(Device.CPU, true);
        TinyStep.poke(model, "pretrained.blocks.0.norm1.weight", 3, Float.NaN);
        TinyStep.poke(model, "depth_head.projects.1.weight", 5, Float.NEGATIVE_INFINITY);
        model.parameters().get("pretrained.pos_embed").freeze();
        model.parameters().get("depth_head.scratch.refinenet1.resConfUnit1.bn1.running_mean").freeze();
        Batch batch = TinyStep.batch();
        batch.image()[11] = Float.NaN;
        batch.valid()[9] = 0;
        ReplayFacts facts = facts(model, batch);
        ReplayFile.write(file, model, batch, facts);
        try (ReplayFile replay = ReplayFile.open(file)) {
            assertEquals(facts, replay.facts());
            DepthAnythingV2 again = replay.model(Device.CPU);
            assertEquals(model.config(), again.config());
            assertEquals(model.head(), again.head());
            assertTrue(again.gradientCheckpointing() && again.parameters().isTraining());
            for (Parameter p : model.parameters().all()) {
                Parameter q = again.parameters().get(p.name());
                assertArrayEquals(bits(p.tensor().toFloats()), bits(q.tensor().toFloats()), p.name());
                assertEquals(p.isFrozen(), q.isFrozen(), p.name());
                assertEquals(p.tensor().requiresGrad(), q.tensor().requiresGrad(), p.name());
            }
            Batch same = replay.batch();
            assertArrayEquals(bits(batch.image()), bits(same.image()));
            assertArrayEquals(bits(batch.depth()), bits(same.depth()));
            assertArrayEquals(batch.valid(), same.valid());
            assertArrayEquals(new int[] {batch.validPixels()[0] - 1, batch.validPixels()[1]}, same.validPixels());
            assertEquals(batch.names(), same.names());
            assertEquals(List.of(2, 5, 2, 28, 3), List.of(same.epoch(), same.index(), same.size(), same.side(),
                    same.repaired()));
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
        return bits;
    }

    /** The loss of a replayed step is the loss of the step, to the last bit. */
    @Test
    void theSameLoss() {
        DepthAnythingV2 model = TinyStep.model(Device.CPU);
        Batch batch = TinyStep.batch();
        ReplayFile.write(file, model, batch, facts(model, batch));
        for (Precision precision : Precision.values()) {
            StepReplay expected = TinyStep.look(model, batch, precision, 1);
            try (ReplayFile replay = ReplayFile.open(file)) {
                StepReplay actual = TinyStep.look(replay.model(Device.CPU), replay.batch(), precision, 1);
                assertEquals(expected.loss(), actual.loss());
            }
        }
    }

    @Test
    void whatIsDamagedIsRefused() throws IOException {
        DepthAnythingV2 model = TinyStep.model(Device.CPU);
        ReplayFile.write(file, model, TinyStep.batch(), facts(model, TinyStep.batch()));
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 100));
        assertThrows(CheckpointException.class, () -> ReplayFile.open(file));
        whole[whole.length / 2] ^= 1;
        Files.write(file, whole);
        String message = assertThrows(CheckpointException.class, () -> ReplayFile.open(file)).getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        whole[whole.length / 2] ^= 1;
        Files.write(file, whole);
        ReplayFile.open(file).close();
        // Metadata that is no longer JSON: {"epoch"...} in the header begins with an escaped quotation mark.
        int facts = indexOf(whole, "{\\\"epoch\\\"");
        whole[facts] = '[';
        Files.write(file, whole);
        assertThrows(CheckpointException.class, () -> ReplayFile.open(file));
    }

    private static int indexOf(byte[] bytes, String text) {
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
        assertTrue(at > 0);
        return at;
    }
}
