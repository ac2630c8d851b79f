package dev.fathom.training.evaluation.predictions;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.calibration.Calibration;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.protocol.Protocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Relative disparity of another source in metres, by a calibration. Pixels that it does not cover are without a
 * prediction.
 */
public final class CalibratedPredictions implements PredictionSource {
    private final PredictionSource relative;
    private final Calibration calibration;
    private final double beyond;
    private final Map<String, Object> how;

    /**
     * @param relative closed with this one
     * @param beyond how far outside the range of its points the calibration is used, as a share of that range
     * @param how where the calibration comes from, for JSON
     * @throws FathomException if {@code relative} is something else
     */
    public CalibratedPredictions(PredictionSource relative, Calibration calibration, double beyond, Map<String, ?> how) {
        if (relative.quantity() != PredictedQuantity.RELATIVE_DISPARITY) {
            throw new FathomException("A calibration makes metres of relative disparity, but " + relative.name() + " gives "
                    + relative.quantity() + "; leave --calibration out.");
        }
        this.relative = relative;
        this.calibration = calibration;
        this.beyond = beyond;
        this.how = new LinkedHashMap<>(how);
    }

    @Override
    public String name() {
        return relative.name();
    }

    @Override
    public PredictedQuantity quantity() {
        return PredictedQuantity.METRIC_DEPTH;
    }

    @Override
    public Map<String, Object> about() {
        Map<String, Object> about = relative.about();
        about.putAll(how);
        return about;
    }

    @Override
    public OptionalInt inputSize() {
        return relative.inputSize();
    }

    @Override
    public List<Prediction> predict(List<ValidationSample> samples, Protocol protocol) {
        List<Prediction> metres = new ArrayList<>();
        for (Prediction p : relative.predict(samples, protocol)) {
            DepthMap map = calibration.apply(new DepthMap(p.width(), p.height(), p.values(), new DepthHead.Relative()),
                    beyond).map();
            metres.add(new Prediction(quantity(), p.width(), p.height(), map.values(), p.provenance() + ", calibrated"));
        }
        return metres;
    }

    @Override
    public void close() {
        relative.close();
    }
}
