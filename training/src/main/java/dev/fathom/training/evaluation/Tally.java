package dev.fathom.training.evaluation;

import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.DepthSums;
import dev.fathom.training.metrics.MetricsAccumulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One source's images so far. */
final class Tally {
    private final Average average;
    private final MetricsAccumulator accumulator;
    private final List<ImageResult> images = new ArrayList<>();
    private final List<DepthSums> sums = new ArrayList<>();

    Tally(Protocol protocol) {
        average = protocol.average();
        accumulator = new MetricsAccumulator(protocol.min(), protocol.max());
    }

    void add(ImageResult result, Scored scored) {
        scored.sums().ifPresent(image -> {
            accumulator.add(image);
            sums.add(image);
        });
        images.add(result);
    }

    /** @param bad frames that could not be read, by fault */
    Evaluation evaluation(Map<String, Integer> bad) {
        return new Evaluation(average == Average.IMAGES ? accumulator.mean() : accumulator.overPixels(), images,
                images.size() - accumulator.images(), accumulator.nonFinite(), bad, average, sums);
    }
}
