package dev.fathom.tests.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.ImageResult;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An image that the crop will not have costs no network, and the others keep their places. */
class RefusedCropTest {
    private static final int[][] SIZES = {{20, 14}, {10, 6}, {24, 16}, {9, 30}, {12, 10}};

    /** Frames of these sizes, each 2 m away. */
    private static final DepthDataset FRAMES = new DepthDataset() {
        @Override
        public int size() {
            return SIZES.length;
        }

        @Override
        public DepthSample sample(int index) {
            int width = SIZES[index][0];
            int height = SIZES[index][1];
            float[] depth = new float[width * height];
            Arrays.fill(depth, 2);
            return new DepthSample(name(index), new Picture(width, height, new byte[3 * width * height]), depth, 0);
        }

        @Override
        public String name(int index) {
            return "frame " + index;
        }
    };

    /** Each image's number plus 2 metres; remembers whom it was asked about. */
    private static final class Asked implements PredictionSource {
        private final List<Integer> asked = new ArrayList<>();

        @Override
        public String name() {
            return "asked";
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
            return OptionalInt.empty();
        }

        @Override
        public List<Prediction> predict(List<ValidationSample> samples, Protocol protocol) {
            return samples.stream().map(next -> {
                asked.add(next.index());
                float[] values = new float[next.sample().depth().length];
                Arrays.fill(values, 2 + next.index());
                return new Prediction(quantity(), next.sample().width(), next.sample().height(), values, name());
            }).toList();
        }

        @Override
        public void close() {
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void nothingIsPredictedOfIt(int batch) {
        Protocol protocol = new Protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES, Crop.parse("box=0,10,0,12"), 0.001f,
                10, false, false, Resolution.ORIGINAL, Average.IMAGES);
        Asked source = new Asked();
        Evaluation evaluation = new Evaluator(new EvaluationOptions(protocol, batch, 1, SkipBad.STOP)).run(source,
                FRAMES, (number, result, sample, scored) -> true);
        assertEquals(List.of(0, 2, 4), source.asked.stream().sorted().toList());
        assertEquals(3, evaluation.counted());
        for (ImageResult image : evaluation.images()) {
            boolean refused = image.index() % 2 == 1;
            assertEquals(refused, image.skipped().isPresent(), image.name());
            if (refused) {
                assertTrue(image.skipped().get().startsWith("the crop box=0,10,0,12 ends outside the image"), image.toString());
            } else {
                assertEquals(image.index(), image.metrics().orElseThrow().toMap().get("mae"), 1e-6);
            }
        }
    }
}
