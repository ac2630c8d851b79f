package dev.fathom.tools.evaluate.page;

import dev.fathom.training.metrics.Measure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which images are shown as pictures: the best, the middle and the worst of the first candidate, and of several those on
 * which the last differs most from the first.
 *
 * @param groups rows of the candidates' image lists, by heading
 */
record SampleChoice(Map<String, List<Integer>> groups) {
    private static final int MOST = 3;

    /** Chooses by one measure. */
    static SampleChoice of(List<Candidate> candidates, Measure measure) {
        Candidate first = candidates.getFirst();
        double[] values = first.values(measure);
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        List<Integer> ranked = ranked(first, values, measure.higherIsBetter());
        int n = ranked.size();
        int each = Math.clamp(n / 3, 1, MOST);
        String of = candidates.size() > 1 ? " of " + first.name() : "";
        if (n == 1) {
            groups.put("The only image", ranked);
        } else if (n > 1) {
            groups.put("Best" + of, ranked.subList(0, each));
            if (n > 2) {
                groups.put("Middle" + of, ranked.subList((n - each) / 2, (n - each) / 2 + each));
            }
            groups.put("Worst" + of, ranked.reversed().subList(0, each));
        }
        if (candidates.size() > 1) {
            differences(groups, first, candidates.getLast(), measure, each);
        }
        return new SampleChoice(groups);
    }

    private static void differences(Map<String, List<Integer>> groups, Candidate first, Candidate last, Measure measure,
            int most) {
        double[] gains = last.values(measure);
        double[] base = first.values(measure);
        for (int i = 0; i < gains.length; i++) {
            gains[i] -= base[i];
        }
        List<Integer> byGain = ranked(last, gains, measure.higherIsBetter()).stream()
                .filter(i -> Double.isFinite(gains[i])).toList();
        List<Integer> better = byGain.stream().filter(i -> measure.better(gains[i], 0)).limit(most).toList();
        List<Integer> worse = byGain.reversed().stream().filter(i -> measure.better(0, gains[i])).limit(most).toList();
        if (!better.isEmpty()) {
            groups.put("Where " + last.name() + " gains most on " + first.name(), better);
        }
        if (!worse.isEmpty()) {
            groups.put("Where " + last.name() + " loses most to " + first.name(), worse);
        }
    }

    /** Rows of measured images, the best first, those without a finite value last; of equal ones the earlier first. */
    private static List<Integer> ranked(Candidate candidate, double[] values, boolean higherIsBetter) {
        Comparator<Integer> order = Comparator.comparingDouble(i -> !Double.isFinite(values[i])
                ? Double.POSITIVE_INFINITY : higherIsBetter ? -values[i] : values[i]);
        return IntStream.range(0, values.length).filter(i -> candidate.images().get(i).skipped().isEmpty()).boxed()
                .sorted(order).toList();
    }

    /** All rows, each once. */
    List<Integer> rows() {
        Set<Integer> rows = new LinkedHashSet<>();
        groups.values().forEach(rows::addAll);
        return new ArrayList<>(rows);
    }
}
