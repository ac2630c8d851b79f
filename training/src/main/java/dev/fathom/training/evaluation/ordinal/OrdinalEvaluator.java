package dev.fathom.training.evaluation.ordinal;

import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.sets.OrdinalDataset;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.PredictionPass;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Measures whether predictions have points in the right order. Relative and metric models alike: nothing is aligned, as
 * no scale and no shift changes an order.
 */
public final class OrdinalEvaluator {
    private final EvaluationOptions options;

    /** @param batch how many pictures the network sees at once; with the loader's threads, it changes no result */
    public OrdinalEvaluator(int batch, int threads, SkipBad skipBad) {
        options = new EvaluationOptions(Protocol.plain(0, Float.MAX_VALUE), batch, threads, skipBad);
    }

    /** How predictions are made. */
    public EvaluationOptions options() {
        return options;
    }

    /**
     * Measures.
     *
     * @param sources stay the caller's
     * @param done called after each picture; says whether to go on
     * @param leftOut sees each picture that cannot be read and is left out
     * @return a result a source, in order
     */
    public List<OrdinalEvaluation> run(List<? extends PredictionSource> sources, OrdinalDataset data, BooleanSupplier done,
            Consumer<BadFrame> leftOut) {
        List<List<OrdinalImage>> images = new ArrayList<>();
        sources.forEach(source -> images.add(new ArrayList<>()));
        Map<String, Integer> bad = new PredictionPass(options).run(sources, data, leftOut, (next, predictions) -> {
            DepthSample sample = next.sample();
            List<OrdinalDataset.Pair> pairs = data.pairs(next.index());
            for (int s = 0; s < sources.size(); s++) {
                Prediction prediction = predictions.get(s);
                images.get(s).add(new OrdinalImage(next.index(), sample.name(), data.scene(next.index()), pairs.size(),
                        prediction.exists() ? OrdinalMeasure.correct(prediction, pairs, sample.width(), sample.height()) : 0,
                        prediction.exists() ? Optional.empty() : Optional.of(prediction.provenance())));
            }
            return done.getAsBoolean();
        });
        return images.stream().map(list -> new OrdinalEvaluation(list, bad)).toList();
    }
}
