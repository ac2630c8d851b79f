package dev.fathom.tools.report.run;

import dev.fathom.training.metrics.DepthMetric;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Where a run stands, in words.
 *
 * <p>The rules, with m the validation's measure and "better by" relative to its best value: <em>improving</em> if the
 * best epoch is among the last fifth (at least two epochs) and better by 1 % than the best before these;
 * otherwise, if the median of m over the two or more epochs after the best one is worse by 3 %: <em>overfitting</em> if the
 * training loss fell by 1 % meanwhile, else <em>worsening</em>; otherwise <em>flat</em>. Fewer than three epochs have no
 * trend. The numbers are choices: large enough that the ups and downs of neighbouring epochs do not count.
 *
 * @param trend    what the validation does
 * @param headline one sentence: best epoch, its value
 * @param detail   one or two more: the trend with its numbers
 */
record Verdict(Trend trend, String headline, String detail) {
    private static final double GAIN = 0.01;
    private static final double LOSS = 0.03;

    /** What the validation does over the epochs; a word and a hint for each. */
    enum Trend {
        TOO_EARLY("too early to tell"),
        IMPROVING("still improving"),
        FLAT("flat"),
        OVERFITTING("overfitting"),
        WORSENING("getting worse");

        private final String words;

        Trend(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    static Verdict of(RunHistory run) {
        DepthMetric metric = run.metric();
        EpochHistory.Epoch best = run.best();
        if (best == null) {
            return new Verdict(Trend.TOO_EARLY, run.epochs().isEmpty() ? "No epoch is finished yet."
                    : "No epoch has a finite " + metric.key() + ".", before(run));
        }
        int done = run.epochs().all().size();
        String headline = String.format(Locale.ROOT, "Best %s %.4f in epoch %d%s, d1 %.3f.", metric.key(),
                best.get(metric.key()), best.epoch() + 1, done == 1 ? "" : " of " + done, best.get("d1"));
        return trend(run, metric, headline);
    }

    private static String before(RunHistory run) {
        long steps = run.steps().step();
        if (steps == 0) {
            return run.epochs().isEmpty() ? "The run ended or was looked at before its first step."
                    : "The predictions were not finite, not positive, or there was nothing to measure them by.";
        }
        double loss = run.steps().loss().last();
        return String.format(Locale.ROOT, "%,d %s done, the last loss is %.4f.", steps, steps == 1 ? "step is"
                : "steps are", loss);
    }

    private static Verdict trend(RunHistory run, DepthMetric metric, String headline) {
        double[] m = run.epochs().values(metric.key());
        double[] loss = run.epochs().values("train_loss");
        // One direction for all measures: lower is better.
        double sign = metric.higherIsBetter() ? -1 : 1;
        int n = m.length;
        int best = run.epochs().all().indexOf(run.best());
        if (n < 3) {
            return new Verdict(Trend.TOO_EARLY, headline, "A trend takes three epochs.");
        }
        int window = Math.max(2, (n + 4) / 5);
        double size = Math.abs(m[best]);
        if (best >= n - window) {
            double earlier = Double.POSITIVE_INFINITY;
            for (int i = 0; i < n - window; i++) {
                earlier = Double.isFinite(m[i]) ? Math.min(earlier, sign * m[i]) : earlier;
            }
            double gain = (earlier - sign * m[best]) / Math.abs(earlier);
            if (gain >= GAIN) {
                return new Verdict(Trend.IMPROVING, headline, String.format(Locale.ROOT,
                        "Still improving: the last %d epochs brought %s %s by %.0f %%.", window, metric.key(),
                        metric.higherIsBetter() ? "up" : "down", 100 * gain) + rate(run));
            }
        }
        List<EpochHistory.Epoch> after = run.epochs().all().subList(best + 1, n);
        double worse = sign * (median(Arrays.copyOfRange(m, best + 1, n)) - m[best]) / size;
        double fell = (loss[best] - median(Arrays.copyOfRange(loss, best + 1, n))) / Math.abs(loss[best]);
        if (after.size() >= 2 && worse >= LOSS) {
            String since = String.format(Locale.ROOT, "Since epoch %d %s is worse by %.0f %%", best + 1, metric.key(),
                    100 * worse);
            return fell >= GAIN ? new Verdict(Trend.OVERFITTING, headline, String.format(Locale.ROOT,
                    "Overfitting: %s while the training loss fell by %.0f %%. The best epoch's weights are in"
                    + " best.safetensors; more data, more variation or fewer epochs help.", lower(since), 100 * fell))
                    : new Verdict(Trend.WORSENING, headline, since + ", and the training loss does not fall either:"
                            + " look at the learning rate and the gradient norm first.");
        }
        String change = after.isEmpty() ? String.format(Locale.ROOT, "Flat: the last %d epochs changed %s by less than"
                + " 1 %%.", window, metric.key())
                : String.format(Locale.ROOT, "Flat: nothing better in the %d %s since.", after.size(),
                        after.size() == 1 ? "epoch" : "epochs");
        return new Verdict(Trend.FLAT, headline, change + rate(run));
    }

    /** What the learning rate means for what is still to come. */
    private static String rate(RunHistory run) {
        double now = run.steps().rate().last();
        double most = run.steps().rate().greatest();
        if (!(now < 0.05 * most)) {
            return "";
        }
        return run.epochsDone() >= run.epochsPlanned() ? " The schedule has brought the learning rate to its end: more"
                + " epochs need a new run." : " The learning rate is near its end.";
    }

    private static String lower(String sentence) {
        return sentence.substring(0, 1).toLowerCase(Locale.ROOT) + sentence.substring(1);
    }

    private static double median(double[] values) {
        double[] finite = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
        if (finite.length == 0) {
            return Double.NaN;
        }
        return (finite[(finite.length - 1) / 2] + finite[finite.length / 2]) / 2;
    }
}
