package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * A frame that is unlike the others: by findings about it alone, or by its numbers.
 *
 * @param frame which
 * @param score how strange: the largest distance of a number from the set's median in robust standard deviations, and
 *     100 for each finding of level error or 20 for each warning that not most of the frames have
 * @param reason in a few words
 */
public record Strange(FrameFacts frame, double score, String reason) {
    private static final double PER_ERROR = 100;
    private static final double PER_WARNING = 20;
    /** A normal distribution's standard deviation for each median of absolute deviations. */
    private static final double DEVIATIONS = 1.4826;

    /**
     * One thing that frames differ in; without a word for more, only less is strange. The least deviation keeps sets of
     * nearly equal frames from being pedantic.
     */
    private record Feature(String more, String less, double least, ToDoubleFunction<FrameFacts> number) {
    }

    private static final List<Feature> FEATURES = List.of(
            new Feature("far", "near", 0.1, f -> f.hasDepth() ? Math.log(f.depth().median()) : Double.NaN),
            new Feature(null, "much depth missing", 0.03, f -> f.depth().share()),
            new Feature("bright", "dark", 5, f -> f.picture().mean()),
            new Feature("much contrast", "little contrast", 5, f -> f.picture().contrast()),
            new Feature("wide range of depth", "narrow range of depth", 0.1,
                    f -> f.hasDepth() ? Math.log(f.depth().high() / f.depth().low()) : Double.NaN),
            new Feature("far at the lower edge", "near at the lower edge", 0.1, f -> f.depth().trend()),
            new Feature(null, "contours hardly on the picture's edges", 5,
                    f -> f.edges() < 50 ? Double.NaN : f.shift().asRead() - f.shift().chance()));

    /** The strangest frames first. */
    static List<Strange> of(SetFacts set, List<Finding> findings, int most) {
        Map<Integer, Double> scores = new LinkedHashMap<>();
        Map<Integer, String> reasons = new LinkedHashMap<>();
        for (Finding finding : findings) {
            double worth = finding.severity() == Severity.ERROR ? PER_ERROR : finding.severity() == Severity.WARNING
                    ? PER_WARNING : 0;
            if (worth > 0 && finding.frames().size() <= set.frames().size() / 2) {
                finding.frames().forEach(f -> {
                    scores.merge(f.index(), worth, Double::sum);
                    reasons.merge(f.index(), finding.kind().key() + (f.note().isEmpty() ? "" : ": " + f.note()),
                            (a, b) -> a + "; " + b);
                });
            }
        }
        List<Strange> all = new ArrayList<>();
        Map<Feature, double[]> usual = new LinkedHashMap<>();
        FEATURES.forEach(feature -> usual.put(feature, new double[] {SetFacts.median(set.frames(), feature.number),
            Math.max(feature.least, DEVIATIONS * SetFacts.deviation(set.frames(), feature.number))}));
        for (FrameFacts frame : set.frames()) {
            double strangest = 0;
            String reason = "";
            for (Feature feature : FEATURES) {
                double[] middle = usual.get(feature);
                double away = (feature.number.applyAsDouble(frame) - middle[0]) / middle[1];
                if (Math.abs(away) > strangest && (away < 0 || feature.more != null)) {
                    strangest = Math.abs(away);
                    reason = Check.text("%s (%.1f deviations)", away > 0 ? feature.more : feature.less, strangest);
                }
            }
            all.add(new Strange(frame, strangest + scores.getOrDefault(frame.index(), 0.0),
                    reasons.getOrDefault(frame.index(), reason)));
        }
        return all.stream().sorted(Comparator.comparingDouble(Strange::score).reversed()
                .thenComparing(s -> s.frame().index())).limit(most).toList();
    }
}
