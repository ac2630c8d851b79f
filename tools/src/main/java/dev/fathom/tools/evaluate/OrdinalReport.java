package dev.fathom.tools.evaluate;

import dev.fathom.training.data.SkipBad;
import dev.fathom.training.evaluation.ordinal.OrdinalEvaluation;
import dev.fathom.training.evaluation.ordinal.OrdinalImage;
import dev.fathom.training.evaluation.ordinal.OrdinalMeasure;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What an ordinal evaluation found, with all that defines its numbers.
 *
 * @param bootstrap how intervals were made; empty if they were not wanted
 * @param results one a source, in the order of the call
 */
public record OrdinalReport(EvaluationReport.Data data, Optional<Bootstrap> bootstrap, List<Result> results) {
    /** The row of all scenes. */
    static final String ALL = "all";

    /**
     * One source's numbers.
     *
     * @param about everything that defines the source
     */
    public record Result(String name, Map<String, Object> about, OrdinalEvaluation evaluation) {
        /** The pictures of one kind of scene, or all. */
        OrdinalEvaluation of(String scene) {
            return scene.equals(ALL) ? evaluation : evaluation.of(scene);
        }
    }

    /** All scenes together, then each kind. */
    List<String> scenes() {
        List<String> scenes = new ArrayList<>(List.of(ALL));
        scenes.addAll(results.getFirst().evaluation().scenes());
        return scenes;
    }

    /** An accuracy, with its interval where they are wanted. */
    Interval accuracy(Result result, String scene) {
        OrdinalEvaluation of = result.of(scene);
        return bootstrap.filter(b -> of.pairs() > 0).map(of::accuracy)
                .orElseGet(() -> new Interval(of.accuracy(), Double.NaN, Double.NaN));
    }

    /**
     * Each source after the first against the first, over the pictures that both were measured on. A picture weighs as
     * many pairs as it has, so the difference is that of the accuracies.
     */
    List<EvaluationReport.Comparison> comparisons() {
        return bootstrap.map(b -> results.stream().skip(1).map(other -> compare(results.getFirst(), other, b)).toList())
                .orElse(List.of());
    }

    private static EvaluationReport.Comparison compare(Result first, Result second, Bootstrap bootstrap) {
        List<OrdinalImage> a = first.evaluation().images();
        List<OrdinalImage> b = second.evaluation().images();
        int[] both = IntStream.range(0, a.size()).filter(i -> a.get(i).skipped().isEmpty() && b.get(i).skipped().isEmpty())
                .toArray();
        double weight = (double) both.length / IntStream.of(both).map(i -> a.get(i).pairs()).sum();
        PairedComparison comparison = PairedComparison.of(OrdinalMeasure.ACCURACY, IntStream.of(both)
                .mapToDouble(i -> weight * a.get(i).correct()).toArray(), IntStream.of(both)
                .mapToDouble(i -> weight * b.get(i).correct()).toArray(), bootstrap);
        return new EvaluationReport.Comparison(first.name, second.name, both.length == 0 ? List.of() : List.of(comparison));
    }

    /** Numbers of the images of which the first source has most pairs in the wrong order, the worst first. */
    int[] wrong(int most) {
        return results.getFirst().evaluation().counted().stream().filter(image -> image.correct() < image.pairs())
                .sorted(Comparator.comparingInt(image -> image.correct() - image.pairs())).limit(most)
                .mapToInt(OrdinalImage::index).toArray();
    }

    /** For people, in lines. */
    public String text() {
        List<String> lines = new ArrayList<>();
        for (Result result : results) {
            OrdinalEvaluation evaluation = result.evaluation();
            lines.add(String.format(Locale.ROOT, "%s on %s: %,d images%s, %,d pairs of points", result.name(), data.text(),
                    evaluation.counted().size(), leftOut(evaluation), evaluation.pairs()));
        }
        lines.add(OrdinalMeasure.ACCURACY.key() + ": " + OrdinalMeasure.ACCURACY.description());
        bootstrap.ifPresent(b -> lines.add(EvaluationTable.about(b)));
        data.stopped().ifPresent(lines::add);
        int keys = scenes().stream().mapToInt(String::length).max().orElseThrow();
        if (results.size() > 1) {
            lines.add(" ".repeat(keys + 9) + results.stream().map(r -> "  " + padded(r.name(), width(r)))
                    .collect(Collectors.joining()).stripTrailing());
        }
        for (String scene : scenes()) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "  %-" + keys + "s %,6d", scene,
                    results.getFirst().of(scene).pairs()));
            results.forEach(result -> line.append("  ").append(padded(accuracy(result, scene).toString(), width(result))));
            lines.add(line.toString().stripTrailing());
        }
        comparisons().forEach(comparison -> lines.addAll(EvaluationTable.compared(comparison)));
        return String.join(System.lineSeparator(), lines);
    }

    private static String leftOut(OrdinalEvaluation evaluation) {
        String reasons = evaluation.reasons().entrySet().stream().map(e -> e.getValue() + " left out: " + e.getKey())
                .collect(Collectors.joining("; "));
        return (reasons.isEmpty() ? "" : " (" + reasons + ")")
                + (evaluation.bad().isEmpty() ? "" : " (not read: " + SkipBad.words(evaluation.bad()) + ")");
    }

    private static int width(Result result) {
        return Math.max(result.name().length(), "0.0000 [0.0000, 0.0000]".length());
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
