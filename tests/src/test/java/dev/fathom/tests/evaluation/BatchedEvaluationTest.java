package dev.fathom.tests.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dinov2.VitConfig.Ffn;
import dev.fathom.models.dpt.DptConfig;
import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.evaluation.predictions.NetworkPredictions;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.protocol.Crop;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.Scored;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pictures of mixed sizes in batches: what comes out is, bit for bit and in order, what each gives alone. */
class BatchedEvaluationTest {
    private static final ModelConfig TINY = new ModelConfig(new VitConfig(70, 14, 48, 4, 3, Ffn.MLP),
            List.of(0, 1, 2, 3), new DptConfig(16, List.of(12, 24, 48, 48), false, false));
    private static final int ROOMS = 11;

    private static Protocol protocol(boolean flipAverage, Resolution at) {
        return new Protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES, Crop.NONE, 1e-3f, 10, false, flipAverage, at,
                Average.IMAGES);
    }

    /** All maps, in order, after the results. */
    private static List<Scored> maps(PredictionSource source, Protocol protocol, int batch, List<ImageResult> results) {
        List<Scored> maps = new ArrayList<>();
        Evaluation evaluation = new Evaluator(new EvaluationOptions(protocol, batch, 2, SkipBad.STOP)).run(source,
                new MixedRooms(ROOMS), (number, result, sample, scored) -> maps.add(scored));
        results.addAll(evaluation.images());
        return maps;
    }

    @ParameterizedTest
    @CsvSource({"FP32,false,ORIGINAL", "FP32,true,NETWORK", "BF16,false,ORIGINAL"})
    void eachPictureGetsTheBitsThatItGetsAlone(Precision precision, boolean flipAverage, Resolution at) {
        try (MemoryScope scope = MemoryScope.open("model")) {
            DepthAnythingV2 model = new DepthAnythingV2(TINY, new DepthHead.Metric(10));
            model.parameters().initialise(7, Device.CPU, name -> true);
            try (NetworkPredictions source = new NetworkPredictions("tiny", Map.of(), model, 70, precision)) {
                List<ImageResult> alone = new ArrayList<>();
                List<Scored> single = maps(source, protocol(flipAverage, at), 1, alone);
                List<ImageResult> results = new ArrayList<>();
                List<Scored> batched = maps(source, protocol(flipAverage, at), 3, results);
                assertEquals(alone.toString(), results.toString());
                for (int i = 0; i < ROOMS; i++) {
                    assertArrayEquals(single.get(i).prediction(), batched.get(i).prediction(), "room " + i);
                }
            }
        }
    }

    /** A room and its mirror image, as a data set of two. */
    private record Mirrored() implements DepthDataset {
        @Override
        public int size() {
            return 2;
        }

        @Override
        public String name(int index) {
            return index == 0 ? "room" : "mirrored room";
        }

        @Override
        public DepthSample sample(int index) {
            DepthSample room = new MixedRooms(1).sample(0);
            byte[] rgb = room.picture().rgb().clone();
            float[] depth = room.depth().clone();
            int width = room.width();
            for (int i = 0; index == 1 && i < depth.length; i++) {
                int from = i / width * width + width - 1 - i % width;
                depth[i] = room.depth()[from];
                System.arraycopy(room.picture().rgb(), 3 * from, rgb, 3 * i, 3);
            }
            return new DepthSample(name(index), new Picture(width, room.height(), rgb), depth, 0);
        }
    }

    @Test
    void flipAverageIsTheMeanWithTheMirrorImageOfTheMirroredPicturesMap() {
        try (MemoryScope scope = MemoryScope.open("model")) {
            DepthAnythingV2 model = new DepthAnythingV2(TINY, new DepthHead.Metric(10));
            model.parameters().initialise(7, Device.CPU, name -> true);
            try (NetworkPredictions source = new NetworkPredictions("tiny", Map.of(), model, 70, Precision.FP32)) {
                List<float[]> plain = new ArrayList<>();
                List<float[]> averaged = new ArrayList<>();
                for (boolean flip : new boolean[] {false, true}) {
                    new Evaluator(new EvaluationOptions(protocol(flip, Resolution.ORIGINAL), 1, 1, SkipBad.STOP)).run(source,
                            new Mirrored(), (number, result, sample, scored) -> (flip ? averaged : plain).add(
                            scored.prediction()));
                }
                for (int i = 0; i < plain.get(0).length; i++) {
                    int other = i / 84 * 84 + 83 - i % 84;
                    float mean = 0.5f * (plain.get(0)[i] + plain.get(1)[other]);
                    assertEquals(mean, averaged.get(0)[i], 2e-6f * mean, "the picture itself, pixel " + i);
                    assertEquals(mean, averaged.get(1)[other], 2e-6f * mean, "the mirrored picture, pixel " + other);
                }
                assertFalse(Arrays.equals(plain.get(0), averaged.get(0)));
            }
        }
    }

    /** Notes the batches that it gets, and predicts 1 m everywhere. */
    private static final class Notes implements PredictionSource {
        private final List<List<Integer>> batches = new ArrayList<>();

        @Override
        public String name() {
            return "notes";
        }

        @Override
        public PredictedQuantity quantity() {
            return PredictedQuantity.METRIC_DEPTH;
        }

        @Override
        public Map<String, Object> about() {
            return Map.of();
        }

        @Override
        public OptionalInt inputSize() {
            return OptionalInt.of(70);
        }

        @Override
        public List<Prediction> predict(List<ValidationSample> samples, Protocol protocol) {
            batches.add(samples.stream().map(ValidationSample::index).toList());
            assertEquals(1, samples.stream().map(s -> s.width() + "x" + s.height()).distinct().count(), "one size");
            return samples.stream().map(s -> {
                float[] metres = new float[s.sample().width() * s.sample().height()];
                Arrays.fill(metres, 1);
                return new Prediction(quantity(), s.sample().width(), s.sample().height(), metres, name());
            }).toList();
        }

        @Override
        public void close() {
            // Nothing is kept.
        }
    }

    @Test
    void batchesAreFilledWithPicturesOfOneNetworkSizeAsFarAsTheReadAheadGoes() {
        Notes notes = new Notes();
        List<ImageResult> results = new ArrayList<>();
        maps(notes, protocol(false, Resolution.ORIGINAL), 3, results);
        // 84 x 70 and 90 x 75 are the same for the network.
        assertEquals(List.of(List.of(0, 2, 3), List.of(5, 6, 8), List.of(1, 7), List.of(4, 10), List.of(9)), notes.batches);
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), results.stream().map(ImageResult::index).toList());
        Notes two = new Notes();
        maps(two, protocol(false, Resolution.ORIGINAL), 2, new ArrayList<>());
        assertEquals(ROOMS, two.batches.stream().mapToInt(List::size).sum());
        assertTrue(two.batches.stream().allMatch(b -> b.size() <= 2), two.batches.toString());
    }

    @Test
    void anEvaluationCanBeEndedAfterAnImage() {
        Notes notes = new Notes();
        Evaluation evaluation = new Evaluator(new EvaluationOptions(protocol(false, Resolution.ORIGINAL), 2, 1,
                SkipBad.STOP)).run(notes, new MixedRooms(ROOMS), (number, result, sample, scored) -> result.index() < 4);
        assertEquals(5, evaluation.images().size());
    }
}
