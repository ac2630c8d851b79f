package dev.fathom.tests.evaluation;

import dev.fathom.engine.numeric.Philox;
import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.Protocol;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Boxes in rooms, and models that are wrong in known ways: an image's number says how wrong. */
final class MadeUpEvaluation {
    static final int WIDTH = 64;
    static final int HEIGHT = 48;
    static final EvaluationOptions OPTIONS = new EvaluationOptions(Protocol.plain(0.001f, 20), 1, 1, SkipBad.STOP);

    private MadeUpEvaluation() {
    }

    /** Rooms of rising depth; image 5 has no depth at all. */
    record Rooms(int size) implements DepthDataset {
        @Override
        public String name(int index) {
            return "/data/set/room_" + index + (index == 3 ? "<b>&\"x\".png" : ".png");
        }

        @Override
        public DepthSample sample(int index) {
            Picture picture = Picture.blank(WIDTH, HEIGHT);
            float[] depth = new float[WIDTH * HEIGHT];
            Philox random = new Philox(5, index, 0, 0);
            int boxLeft = random.nextInt(WIDTH / 2);
            int boxTop = random.nextInt(HEIGHT / 2);
            for (int v = 0; v < HEIGHT; v++) {
                for (int u = 0; u < WIDTH; u++) {
                    boolean box = u >= boxLeft && u < boxLeft + 20 && v >= boxTop && v < boxTop + 18;
                    int i = v * WIDTH + u;
                    depth[i] = index == 5 || u < 2 ? 0 : box ? 1.5f : 2 + 5f * (HEIGHT - v) / HEIGHT + 0.05f * index;
                    for (int c = 0; c < 3; c++) {
                        picture.rgb()[3 * i + c] = (byte) (box ? 90 + 60 * c : 40 + 3 * v + 10 * c);
                    }
                }
            }
            return new DepthSample(name(index), picture, depth, 0);
        }
    }

    /** The truth times 1 + error * (1 + index), and noise that grows with depth. */
    record Model(String name, double error, double noise) implements PredictionSource {
        @Override
        public PredictedQuantity quantity() {
            return PredictedQuantity.METRIC_DEPTH;
        }

        @Override
        public Map<String, Object> about() {
            return Map.of("error", error);
        }

        @Override
        public OptionalInt inputSize() {
            return OptionalInt.empty();
        }

        @Override
        public List<Prediction> predict(List<ValidationSample> samples, Protocol protocol) {
            return samples.stream().map(this::predict).toList();
        }

        private Prediction predict(ValidationSample next) {
            float[] depth = next.sample().depth().clone();
            Philox random = new Philox(9, next.sample().name().hashCode(), (int) (1000 * error), 0);
            for (int i = 0; i < depth.length; i++) {
                double truth = depth[i] > 0 ? depth[i] : 3;
                depth[i] = (float) (truth * (1 + error * (1 + next.index()) + noise * random.nextGaussian()));
            }
            return new Prediction(quantity(), WIDTH, HEIGHT, depth, name);
        }

        @Override
        public void close() {
        }
    }
}
