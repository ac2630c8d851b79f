package dev.fathom.training.evaluation.predictions;

import dev.fathom.engine.Precision;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthEstimator.Prepared;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** What a model predicts. */
public final class NetworkPredictions implements PredictionSource {
    private final String name;
    private final Map<String, Object> about;
    private final DepthAnythingV2 model;
    private final int inputSize;
    private final DepthEstimator estimator;

    /**
     * @param name for tables
     * @param about the model's file, hash, head: everything that defines it
     * @param model stays the caller's
     * @param inputSize the shorter side for the network, pixels
     * @param precision what the model's products are computed in
     */
    public NetworkPredictions(String name, Map<String, ?> about, DepthAnythingV2 model, int inputSize,
            Precision precision) {
        this.name = name;
        this.about = new LinkedHashMap<>(about);
        this.about.put("input_size", inputSize);
        this.about.put("precision", precision.toString());
        this.model = model;
        this.inputSize = inputSize;
        this.estimator = new DepthEstimator(model, inputSize, precision);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PredictedQuantity quantity() {
        return model.head() instanceof DepthHead.Metric ? PredictedQuantity.METRIC_DEPTH : PredictedQuantity.RELATIVE_DISPARITY;
    }

    @Override
    public Map<String, Object> about() {
        return new LinkedHashMap<>(about);
    }

    @Override
    public OptionalInt inputSize() {
        return OptionalInt.of(inputSize);
    }

    @Override
    public List<Prediction> predict(List<ValidationSample> samples, Protocol protocol) {
        NetworkSize size = new NetworkSize(samples.getFirst().width(), samples.getFirst().height());
        requireFits(samples, size, protocol.flipAverage() ? 2 : 1);
        boolean original = protocol.at() == Resolution.ORIGINAL;
        List<Prepared> pictures = new ArrayList<>();
        for (ValidationSample next : samples) {
            int width = original ? next.sample().width() : size.width();
            int height = original ? next.sample().height() : size.height();
            pictures.add(new Prepared(next.image(), width, height));
            if (protocol.flipAverage()) {
                pictures.add(new Prepared(mirrored(next.image(), size.width(), 3), width, height));
            }
        }
        Iterator<DepthMap> maps = estimator.estimate(pictures, size).iterator();
        List<Prediction> predictions = new ArrayList<>();
        while (maps.hasNext()) {
            DepthMap map = maps.next();
            if (protocol.flipAverage()) {
                mean(map, maps.next());
            }
            predictions.add(new Prediction(quantity(), map.width(), map.height(), map.values(), name));
        }
        return predictions;
    }

    private void requireFits(List<ValidationSample> samples, NetworkSize size, int times) {
        String first = "The frame " + samples.getFirst().sample().name();
        if (samples.size() == 1) {
            estimator.forecast(size).times(times).requireFits(first, size);
        } else {
            estimator.forecast(size).times(times * samples.size()).requireFits(first + " and the other "
                    + (samples.size() - 1) + " of its batch", size, "use a smaller --batch, or a smaller --input-size");
        }
    }

    /** {@code map} becomes the mean of itself and of the mirror image of {@code other}. */
    private static void mean(DepthMap map, DepthMap other) {
        float[] mirrored = mirrored(other.values(), other.width(), 1);
        for (int i = 0; i < mirrored.length; i++) {
            map.values()[i] = 0.5f * (map.values()[i] + mirrored[i]);
        }
    }

    /** [h,w,c] with its columns in the opposite order. */
    private static float[] mirrored(float[] values, int width, int channels) {
        float[] out = new float[values.length];
        int row = width * channels;
        for (int from = 0; from < values.length; from += row) {
            for (int x = 0; x < width; x++) {
                System.arraycopy(values, from + x * channels, out, from + (width - 1 - x) * channels, channels);
            }
        }
        return out;
    }

    @Override
    public void close() {
        estimator.close();
    }
}
