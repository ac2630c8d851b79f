package dev.fathom.training.evaluation;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.scoring.ImageScorer;
import dev.fathom.training.evaluation.scoring.Scored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Measures predictions against a data set: one source of them or several side by side, in one pass over the images. */
public final class Evaluator {
    /** Sees each image when it is done: progress, pictures. The maps are its to keep; nothing else keeps them. */
    public interface Listener {
        /**
         * One source's prediction of one image is measured.
         *
         * @param source its number among the sources
         * @param scored the maps that were compared: truth, aligned prediction, which pixels count
         * @return whether to go on; false ends the evaluation after this
         */
        boolean evaluated(int source, ImageResult result, DepthSample sample, Scored scored);

        /** A frame could not be read and is left out. */
        default void leftOut(BadFrame frame) {
        }
    }

    private final EvaluationOptions options;

    public Evaluator(EvaluationOptions options) {
        this.options = options;
    }

    /** Measures one source: {@link #run(List, DepthDataset, Listener)}. */
    public Evaluation run(PredictionSource source, DepthDataset data, Listener listener) {
        return run(List.of(source), data, listener).getFirst();
    }

    /**
     * Measures.
     *
     * @param sources stay the caller's; those that take a network's input take it in the same size
     * @return a result a source, in order
     * @throws FathomException if a source's numbers mean nothing as the protocol compares them
     */
    public List<Evaluation> run(List<? extends PredictionSource> sources, DepthDataset data, Listener listener) {
        sources.forEach(source -> ImageScorer.requireMeaning(options.protocol(), source.quantity(), source.name()));
        ImageScorer scorer = new ImageScorer(options.protocol());
        List<Tally> tallies = sources.stream().map(source -> new Tally(options.protocol())).toList();
        Map<String, Integer> bad = new PredictionPass(options).run(sources, data, listener::leftOut, (next, predictions) -> {
            DepthSample sample = next.sample();
            boolean on = true;
            for (int s = 0; on && s < sources.size(); s++) {
                Scored scored = scorer.score(predictions.get(s), sample);
                ImageResult result = ImageResult.of(next.index(), sample, scored, options.families());
                tallies.get(s).add(result, scored);
                on = listener.evaluated(s, result, sample, scored);
            }
            return on;
        });
        List<Evaluation> evaluations = new ArrayList<>();
        tallies.forEach(tally -> evaluations.add(tally.evaluation(bad)));
        return evaluations;
    }
}
