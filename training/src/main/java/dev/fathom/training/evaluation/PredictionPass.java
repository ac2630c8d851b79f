package dev.fathom.training.evaluation;

import dev.fathom.engine.memory.DeadArrays;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.ValidationLoader;
import dev.fathom.training.data.ValidationSample;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.SkippedImageException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** One pass over a data set: what each source predicts of each image, in the data set's order. */
public final class PredictionPass {
    /** Sees each image with its predictions. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * An image is predicted.
         *
         * @param predictions one a source
         * @return whether to go on; false ends the pass after this image
         */
        boolean predicted(ValidationSample sample, List<Prediction> predictions);
    }

    /** Bytes a pixel of what reading a frame leaves behind on the heap: compressed, unpacked, in planes, as a picture. */
    private static final long BYTES_A_PIXEL = 32;
    /** The heap is tidied after so many. */
    private static final long COLLECT_AFTER = 1 << 28;

    private final EvaluationOptions options;

    public PredictionPass(EvaluationOptions options) {
        this.options = options;
    }

    /**
     * Goes through the images.
     *
     * @param sources stay the caller's; those that take a network's input take it in the same size
     * @param leftOut sees each frame that cannot be read and is left out
     * @return how many frames were left out, by fault
     */
    public Map<String, Integer> run(List<? extends PredictionSource> sources, DepthDataset data,
            Consumer<BadFrame> leftOut, Visitor visitor) {
        Map<String, Integer> bad = new TreeMap<>();
        Consumer<BadFrame> leaveOut = !options.skipBad().skips() ? null : frame -> {
            frame.addTo(bad);
            leftOut.accept(frame);
            options.skipBad().check("validation", bad, data.size(), frame);
        };
        try (ValidationLoader loader = new ValidationLoader(data, inputSize(sources), options.threads(), leaveOut)) {
            Batches<List<Prediction>> batches = new Batches<>(loader, options.batch(), batch -> predict(sources, batch));
            DeadArrays dead = new DeadArrays(COLLECT_AFTER);
            boolean on = true;
            while (on && batches.hasNext()) {
                Batches.Done<List<Prediction>> next = batches.next();
                on = visitor.predicted(next.sample(), next.result());
                dead.add(BYTES_A_PIXEL * next.sample().sample().picture().pixels());
            }
        }
        return bad;
    }

    /** For each sample a prediction of each source. Nothing is predicted of an image that the crop will not have. */
    private List<List<Prediction>> predict(List<? extends PredictionSource> sources, List<ValidationSample> batch) {
        List<Optional<String>> refusals = batch.stream().map(sample -> refusal(sample.sample())).toList();
        List<ValidationSample> wanted = IntStream.range(0, batch.size()).filter(i -> refusals.get(i).isEmpty())
                .mapToObj(batch::get).toList();
        List<List<Prediction>> bySample = new ArrayList<>();
        batch.forEach(sample -> bySample.add(new ArrayList<>()));
        for (PredictionSource source : sources) {
            Iterator<Prediction> predictions = wanted.isEmpty() ? Collections.emptyIterator()
                    : source.predict(wanted, options.protocol()).iterator();
            for (int i = 0; i < bySample.size(); i++) {
                bySample.get(i).add(refusals.get(i).map(why -> Prediction.none(source.quantity(), why))
                        .orElseGet(predictions::next));
            }
        }
        return bySample;
    }

    private Optional<String> refusal(DepthSample sample) {
        try {
            options.protocol().crop().in(sample.width(), sample.height());
            return Optional.empty();
        } catch (SkippedImageException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static OptionalInt inputSize(List<? extends PredictionSource> sources) {
        int[] sizes = sources.stream().flatMapToInt(source -> source.inputSize().stream()).distinct().toArray();
        if (sizes.length > 1) {
            throw new IllegalArgumentException("networks side by side take inputs of the same size");
        }
        return sizes.length == 0 ? OptionalInt.empty() : OptionalInt.of(sizes[0]);
    }
}
