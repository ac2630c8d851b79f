package dev.fathom.training.data.doctor;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Judges one kind of fault by what was seen of a set. */
interface Check {
    /** What is wrong; nothing for a sound set. */
    List<Finding> of(SetFacts set);

    /** The frames of a finding, each with its own number in the matter. */
    static List<Finding.Frame> where(List<FrameFacts> frames, Function<FrameFacts, String> note) {
        return frames.stream().map(f -> new Finding.Frame(f.index(), f.name(), note.apply(f))).toList();
    }

    /** {@code 3 of 40 frames have}, {@code 1 of 40 frames has}, {@code All 40 frames have}: begins a sentence. */
    static String some(int number, int of, String one, String more) {
        return number == of && of > 1 ? text("All %,d frames %s", of, more)
                : text("%,d of %,d frames %s", number, of, number == 1 ? one : more);
    }

    /** {@link String#format} without a country's habits. */
    static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** A length in the unit that people would say it in: {@code 3.12 km}, {@code 2.45 m}, {@code 3.1 mm}. */
    static String metres(double metres) {
        return metres >= 1000 ? text("%.3g km", metres / 1000) : metres >= 100 ? text("%.0f m", metres)
                : metres >= 0.1 ? text("%.2f m", metres) : text("%.2g mm", metres * 1000);
    }

    /** {@code 12 %}, {@code 0.4 %}. */
    static String percent(double share) {
        return share > 0 && share < 0.01 || share > 0.99 && share < 1 ? text("%.1f %%", 100 * share)
                : text("%.0f %%", 100 * share);
    }
}
