package dev.fathom.tools.evaluate.page;

import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.Protocol;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Some of a data set's samples, to look at them again.
 *
 * @param indexes their numbers in the whole set
 */
record FewSamples(DepthDataset all, int[] indexes) implements DepthDataset {
    @Override
    public int size() {
        return indexes.length;
    }

    @Override
    public DepthSample sample(int index) {
        return all.sample(indexes[index]);
    }

    @Override
    public String name(int index) {
        return all.name(indexes[index]);
    }

    /** Sources that are asked about these samples by their numbers in the whole set: maps may be in its order. */
    List<PredictionSource> sources(List<? extends PredictionSource> sources) {
        return sources.stream().<PredictionSource>map(source -> new Renumbered(source, indexes)).toList();
    }

    private record Renumbered(PredictionSource source, int[] indexes) implements PredictionSource {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public PredictedQuantity quantity() {
            return source.quantity();
        }

        @Override
        public Map<String, Object> about() {
            return source.about();
        }

        @Override
        public OptionalInt inputSize() {
            return source.inputSize();
        }

        @Override
        public List<Prediction> predict(List<ValidationSample> samples, Protocol protocol) {
            return source.predict(samples.stream().map(s -> new ValidationSample(s.sample(), indexes[s.index()], s.width(),
                    s.height(), s.image())).toList(), protocol);
        }

        @Override
        public void close() {
            // The source is the caller's.
        }
    }
}
