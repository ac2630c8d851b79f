package dev.fathom.training.evaluation.predictions;

import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.protocol.Protocol;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Something that predicts a map for each image of a data set. */
public interface PredictionSource extends AutoCloseable {
    /** A short name for tables. */
    String name();

    /** What all its predictions are. */
    PredictedQuantity quantity();

    /** Everything that defines it, for JSON. */
    Map<String, Object> about();

    /** The shorter side of the network's input; empty where no network's input is needed. */
    OptionalInt inputSize();

    /**
     * Predicts.
     *
     * @param samples of one network size if this source needs the network's input
     * @param protocol says at which resolution, and whether the mirrored image counts, too
     * @return a prediction a sample, in order, each exactly what it would be alone
     * @throws dev.fathom.engine.errors.FathomException if there is none, with the image's name
     */
    List<Prediction> predict(List<ValidationSample> samples, Protocol protocol);

    /** Gives back what it keeps between images. */
    @Override
    void close();
}
