package dev.fathom.tools.evaluate.page;

import dev.fathom.tools.report.LineChart;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.metrics.Measure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How each measure spreads over the images: a histogram each. */
final class Distributions {
    private static final int MOST_BARS = 24;

    private Distributions() {
    }

    static List<LineChart> of(List<Candidate> candidates, Space space) {
        List<LineChart> charts = new ArrayList<>();
        for (Measure measure : candidates.getFirst().measures()) {
            double[] all = candidates.stream().flatMapToDouble(c -> Arrays.stream(c.sorted(measure))).sorted().toArray();
            if (all.length > 0) {
                charts.add(histogram(measure, unit(measure, space), candidates, all));
            }
        }
        return charts;
    }

    private static LineChart histogram(Measure measure, String unit, List<Candidate> candidates, double[] all) {
        double[] edges = edges(all);
        double low = edges[0];
        double step = edges[1] - edges[0];
        int bars = edges.length - 1;
        LineChart chart = new LineChart(measure.key() + (measure.higherIsBetter() ? " ↑" : " ↓"), unit, "images");
        int beyond = 0;
        for (Candidate candidate : candidates) {
            double[] heights = new double[bars];
            for (double value : candidate.sorted(measure)) {
                if (value < low || value > edges[bars]) {
                    beyond++;
                } else {
                    heights[Math.min((int) ((value - low) / step), bars - 1)]++;
                }
            }
            chart.bars(candidate.name(), edges, heights);
        }
        chart.note(String.format(Locale.ROOT, "median %.4g%s", all[all.length / 2], beyond == 0 ? "" : ", " + beyond
                + " beyond the picture"));
        return candidates.size() > 1 ? chart : chart.withoutLegend();
    }

    /** Measures' units are those of depth; of disparities 1/m stands for metres, and 1/km becomes millimetres. */
    private static String unit(Measure measure, Space space) {
        return space == Space.DEPTH ? measure.unit() : switch (measure.unit()) {
            case "m" -> "1/m";
            case "1/km" -> "mm";
            default -> measure.unit();
        };
    }

    /** Of equal bars over all values; a few wild ones, that would press all others into one bar, are left outside. */
    private static double[] edges(double[] sorted) {
        int last = sorted.length - 1;
        double low = sorted[0];
        double high = sorted[last];
        double from = sorted[(int) Math.ceil(0.02 * last)];
        double to = sorted[(int) (0.98 * last)];
        if (high - low > 3 * (to - from) && to > from) {
            low = Math.max(low, from - 0.25 * (to - from));
            high = Math.min(high, to + 0.25 * (to - from));
        }
        double margin = low < high ? 0 : low == 0 ? 0.5 : Math.abs(low) / 20;
        int bars = Math.clamp((int) (2 * Math.sqrt(sorted.length)), 4, MOST_BARS);
        double[] edges = new double[bars + 1];
        for (int i = 0; i <= bars; i++) {
            edges[i] = low - margin + (high - low + 2 * margin) * i / bars;
        }
        return edges;
    }
}
