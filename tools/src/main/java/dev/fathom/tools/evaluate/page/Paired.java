package dev.fathom.tools.evaluate.page;

import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.Measure;
import java.util.stream.IntStream;

/** Comparisons over the images that both candidates were measured on. */
public final class Paired {
    private Paired() {
    }

    /** The second against the first by one measure. */
    public static PairedComparison of(Measure measure, Candidate first, Candidate second, Bootstrap bootstrap) {
        int[] both = IntStream.range(0, first.images().size()).filter(i -> first.images().get(i).skipped().isEmpty()
                && second.images().get(i).skipped().isEmpty()).toArray();
        return PairedComparison.of(measure, values(measure, first, both), values(measure, second, both), bootstrap);
    }

    private static double[] values(Measure measure, Candidate candidate, int[] rows) {
        return IntStream.of(rows).mapToDouble(row -> candidate.images().get(row).get(measure)).toArray();
    }
}
