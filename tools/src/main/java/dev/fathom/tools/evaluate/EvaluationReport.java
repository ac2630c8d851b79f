package dev.fathom.tools.evaluate;

import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What an evaluation found, with all that defines its numbers: the table, the files and the page are made from it.
 *
 * @param protocol the named protocol and what was changed in it, as words; every choice is in {@code options}
 * @param options how it was done
 * @param data the data set as it was typed, {@code fingerprint} of its files' names and sizes, how many pictures, and how
 *     many had their turn
 * @param bootstrap how intervals were made; empty if they were not wanted
 * @param results one a source, in the order of the call
 * @param comparisons of each source after the first with the first
 */
public record EvaluationReport(String protocol, EvaluationOptions options, Data data, Optional<Bootstrap> bootstrap,
        List<Result> results, List<Comparison> comparisons) {

    /**
     * The data set.
     *
     * @param looked frames that were measured or left out: fewer than there are after an interrupt
     */
    public record Data(String text, String fingerprint, int frames, int looked) {
        /** Whether every frame had its turn. */
        public boolean whole() {
            return looked == frames;
        }

        /** For people, where the numbers are of a part of the set. */
        Optional<String> stopped() {
            return whole() ? Optional.empty() : Optional.of("stopped after " + looked + " of " + frames
                    + " frames: the numbers are of these alone");
        }
    }

    /**
     * One source's numbers.
     *
     * @param name in tables
     * @param about everything that defines the source
     * @param intervals by measure; empty if they were not wanted
     */
    public record Result(String name, Map<String, Object> about, Evaluation evaluation, Map<Measure, Interval> intervals) {
        /** A measure's number, with its interval where there is one. */
        public Interval value(Measure measure) {
            Interval interval = intervals.get(measure);
            return interval != null ? interval : new Interval(evaluation.value(measure), Double.NaN, Double.NaN);
        }
    }

    /**
     * One source against another on the images that both have.
     *
     * @param first name of the one, {@code second} of the other
     * @param measures each measure's comparison
     */
    public record Comparison(String first, String second, List<PairedComparison> measures) {
    }

    /** Everything that was measured of all sources. */
    public List<Measure> measures() {
        return results.getFirst().evaluation().measures();
    }

    /** Compares one with another image by image. */
    static Comparison compare(Result first, Result second, Bootstrap bootstrap) {
        List<PairedComparison> comparisons = new ArrayList<>();
        for (Measure measure : first.evaluation().measures()) {
            List<ImageResult> a = first.evaluation().images();
            List<ImageResult> b = second.evaluation().images();
            int[] both = IntStream.range(0, a.size()).filter(i -> has(a.get(i), measure) && has(b.get(i), measure)).toArray();
            if (both.length > 0) {
                comparisons.add(PairedComparison.of(measure, values(a, both, measure), values(b, both, measure), bootstrap));
            }
        }
        return new Comparison(first.name, second.name, comparisons);
    }

    private static boolean has(ImageResult image, Measure measure) {
        return image.value(measure).isPresent() && !Double.isNaN(image.value(measure).getAsDouble());
    }

    private static double[] values(List<ImageResult> images, int[] which, Measure measure) {
        return IntStream.of(which).mapToDouble(i -> images.get(i).value(measure).getAsDouble()).toArray();
    }
}
