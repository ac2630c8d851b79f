package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.data.NyuHdf5Writer;
import dev.fathom.training.nan.OnNan;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.PrecisionOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs with steps that are not finite, and runs with data that only seem to ask for trouble. */
class NanTrainerTest {
    @TempDir
    private static Path shared;
    private static Training training;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
    }

    private static TrainOptions options(Precision precision) {
        return TrainOptions.article().over(2, 42).with(BatchOptions.article().of(2, 70))
                .with(new PrecisionOptions(precision, precision == Precision.FP16 ? 1 : GradScaler.INITIAL_SCALE));
    }

    /** Makes a weight NaN after a step and mends it as soon as the next one has failed. */
    private static final class Spoiler implements TrainListener {
        private final int after;
        private final boolean stops;
        private final List<Integer> leftOut = new ArrayList<>();
        private Trainer trainer;
        private Tensor weight;
        private float[] good;
        private int batches;

        /** @param after how many batches it spoils the weight; 0 for never */
        Spoiler(int after, boolean stops) {
            this.after = after;
            this.stops = stops;
        }

        @Override
        public void step(Step s) {
            if (++batches == after) {
                good = weight.toFloats();
                weight.copyFrom(filled(good.length));
            }
            if (s.leftOut() == LeftOut.NON_FINITE) {
                leftOut.add(s.epoch() * s.batches() + s.batch());
                if (stops) {
                    trainer.requestStop();
                }
            }
        }

        private static float[] filled(int n) {
            float[] values = new float[n];
            Arrays.fill(values, Float.NaN);
            return values;
        }

        @Override
        public void notFinite(NotFinite step) {
            weight.copyFrom(good);
        }
    }

    private static Trainer.Outcome train(Path run, TrainOptions options, Spoiler spoiler) {
        try (MemoryScope scope = MemoryScope.open("training"); ModelFile file = ModelFile.open(training.weights())) {
            DepthAnythingV2 model = file.loadEncoder(Workshop.METRIC, 5, Device.CPU);
            RunFolder at = RunFolder.at(run);
            Trainer trainer = new Trainer(model, NyuHdf5Dataset.open(training.train()),
                    NyuHdf5Dataset.open(training.val()), options,
                    RunPolicy.standard().withThreads(1).withOnNan(OnNan.SKIP, 2), at, spoiler);
            spoiler.trainer = trainer;
            if (at.canResume()) {
                // Its weights come with the state.
                return trainer.resume(Device.CPU);
            }
            spoiler.weight = model.parameters().get("pretrained.norm.weight").tensor();
            return trainer.start();
        }
    }

    /** The place in the schedule of a step that was left out is used up, and what was counted is kept. */
    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"FP32", "FP16"})
    void aRunWithSkipsThatWasInterruptedIsTheUninterruptedOne(Precision precision) {
        Path whole = folder.resolve("whole");
        Path stopped = folder.resolve("stopped");
        Spoiler spoiler = new Spoiler(1, false);
        Trainer.Outcome expected = train(whole, options(precision), spoiler);
        assertEquals(List.of(1), spoiler.leftOut);
        assertEquals(1, expected.progress().nonFiniteSteps());
        assertEquals(5, expected.progress().step());

        assertEquals(Trainer.End.STOPPED, train(stopped, options(precision), new Spoiler(1, true)).end());
        Trainer.Outcome resumed = train(stopped, options(precision), new Spoiler(0, false));
        assertEquals(expected.progress(), resumed.progress());
        Training.assertSameBits(whole.resolve("last.safetensors"), stopped.resolve("last.safetensors"), "last");
        Training.assertSameBits(whole.resolve("best.safetensors"), stopped.resolve("best.safetensors"), "best");
    }

    /** What is left out leaves no trace but its count: the step after it begins with the weights from before. */
    @Test
    void aSkippedStepIsAsIfItHadNotBeen() throws IOException {
        train(folder.resolve("run"), options(Precision.FP32), new Spoiler(1, false));
        List<String> lines = Files.readAllLines(folder.resolve("run/steps.jsonl"));
        assertTrue(lines.get(1).contains("\"left_out\":\"non-finite\"") && lines.get(1).contains("\"loss\":null"),
                lines.get(1));
        assertTrue(lines.get(2).contains("\"step\":2,\"epoch\":0,\"batch\":2,"), lines.get(2));
    }

    /**
     * Frames without any depth, with one depth everywhere, with a single pixel, with NaN, infinities and negative
     * depths: all of them train, each in a batch of its own and all in one, and the detective is never called.
     */
    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"FP32", "FP16"})
    void dataThatOnlySeemToAskForTrouble(Precision precision) throws IOException {
        Path frames = folder.resolve("frames");
        write(frames, "holes", 0);
        write(frames, "constant", 2.5f);
        write(frames, "near", 0.001f);
        write(frames, "far", 10);
        write(frames, "wrong", 3, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1);
        write(frames, "nothing", Float.NaN);
        write(frames, "real", 1, 2, 3, 4, 5);
        for (int size : new int[] {1, 7}) {
            TrainOptions options = options(precision).over(1, 42).with(BatchOptions.article().of(size, 70))
                    .with(new PrecisionOptions(precision, 1024));
            try (MemoryScope scope = MemoryScope.open("training");
                    ModelFile file = ModelFile.open(training.weights())) {
                Trainer.Outcome outcome = new Trainer(file.loadEncoder(Workshop.METRIC, 5, Device.CPU),
                        NyuHdf5Dataset.open(frames), NyuHdf5Dataset.open(training.val()), options,
                        RunPolicy.standard().withThreads(1), RunFolder.at(folder.resolve("run" + size)),
                        new TrainListener() {
                            @Override
                            public void notFinite(NotFinite step) {
                                fail(step.finding().sentence());
                            }
                        }).start();
                assertEquals(size == 1 ? 5 : 1, outcome.progress().step());
                assertEquals(2, outcome.progress().emptySamples());
                assertEquals(0, outcome.progress().overflowSteps());
            }
        }
        assertEquals(List.of(), nanFolders());
        // Four of five depths of one frame and all of another.
        assertEquals(List.of(Workshop.WIDTH * Workshop.HEIGHT * 9 / 5), repaired(folder.resolve("run7")));
        List<Integer> each = repaired(folder.resolve("run1"));
        assertEquals(List.of(0, 0, 0, 0, Workshop.WIDTH * Workshop.HEIGHT * 4 / 5), each.stream().sorted().toList());
    }

    /** Depths that became holes, of each step. */
    private static List<Integer> repaired(Path run) throws IOException {
        List<Integer> counts = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("steps.jsonl"))) {
            JsonNode count = new ObjectMapper().readTree(line).path("repaired_depths");
            if (count.isInt()) {
                counts.add(count.asInt());
            }
        }
        return counts;
    }

    private List<Path> nanFolders() {
        return Stream.of(1, 7).map(size -> folder.resolve("run" + size).resolve("nan")).filter(Files::exists).toList();
    }

    /** A frame whose depths go round these values. */
    private static void write(Path folder, String name, float... depths) {
        byte[] rgb = new byte[3 * Workshop.WIDTH * Workshop.HEIGHT];
        float[] metres = new float[Workshop.WIDTH * Workshop.HEIGHT];
        for (int i = 0; i < metres.length; i++) {
            rgb[i] = (byte) (37 * i);
            metres[i] = depths[i % depths.length];
        }
        NyuHdf5Writer.write(make(folder).resolve(name + ".h5"), Workshop.WIDTH, Workshop.HEIGHT, rgb, metres);
    }

    private static Path make(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
