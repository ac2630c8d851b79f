package dev.fathom.tools.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A range of values and the round numbers on it: the axis of a chart, the colour bar of a panel.
 *
 * @param low  least value
 * @param high greatest value, above {@code low}
 */
record Scale(double low, double high) {

    Scale {
        if (!(low < high) || !Double.isFinite(low) || !Double.isFinite(high)) {
            throw new IllegalArgumentException("Scale: from " + low + " to " + high + " is not a range.");
        }
    }

    /** Where {@code value} lies: 0 at {@code low}, 1 at {@code high}. */
    double fraction(double value) {
        return (value - low) / (high - low);
    }

    /** The range widened to round numbers, with about {@code count} steps. */
    Scale nice(int count) {
        double step = step(count);
        return new Scale(Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step);
    }

    /** Distance between round numbers: 1, 2 or 5 times a power of ten, so that about {@code count} fit the range. */
    double step(int count) {
        double rough = (high - low) / Math.max(1, count);
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double lead = rough / power;
        return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
    }

    /** The round numbers inside the range, ascending. */
    List<Double> ticks(int count) {
        double step = step(count);
        List<Double> ticks = new ArrayList<>();
        for (long k = (long) Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
            ticks.add(k * step);
        }
        return ticks;
    }

    /** As {@link #ticks}, whole numbers only: of steps, of epochs. */
    List<Double> wholeTicks(int count) {
        double step = Math.max(1, step(count));
        List<Double> ticks = new ArrayList<>();
        for (double tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9 * step; tick += step) {
            ticks.add(tick);
        }
        return ticks;
    }

    /** A tick's label: as many decimals as the step between ticks needs. */
    String label(double tick, int count) {
        double step = step(count);
        if (Math.abs(tick) >= 1e5 || step < 1e-4) {
            return String.format(Locale.ROOT, "%.0e", tick).replace("e+0", "e").replace("e-0", "e-");
        }
        int decimals = Math.max(0, (int) Math.ceil(-Math.log10(step) - 1e-9));
        return String.format(Locale.ROOT, "%." + decimals + "f", tick + 0.0);
    }
}
