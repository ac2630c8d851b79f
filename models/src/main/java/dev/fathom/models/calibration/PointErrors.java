package dev.fathom.models.calibration;

import dev.fathom.engine.errors.FathomException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How wrong points are, depending on their depth z. The line is fitted to 1/z, and an error of s in z is one of
 * s / z^2 in 1/z; so what is assumed of z decides how much a point weighs, which is one over the variance of its 1/z.
 */
public enum PointErrors {
    /**
     * All depths are known to the same share of themselves, five per cent say: a deviation of s/z in 1/z, weights z^2.
     * What is made small is then the sum of (z / fitted z - 1)^2.
     */
    RELATIVE("", "of the depth") {
        @Override
        double deviation(double metres) {
            return 1 / metres;
        }
    },
    /** All depths are known to the same number of metres: s/z^2 in 1/z, weights z^4. Far points decide. */
    ABSOLUTE(" m", "metres of depth") {
        @Override
        double deviation(double metres) {
            return 1 / (metres * metres);
        }
    },
    /** All inverse depths are equally uncertain, as disparities of a stereo camera: weights 1. Near points decide. */
    INVERSE(" 1/m", "1/metres of inverse depth") {
        @Override
        double deviation(double metres) {
            return 1;
        }
    };

    private final String unit;
    private final String words;

    PointErrors(String unit, String words) {
        this.unit = unit;
        this.words = words;
    }

    /** The standard deviation of 1/z, for a scatter of 1. */
    abstract double deviation(double metres);

    /** {@code relative}, {@code absolute}, {@code inverse}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** A scatter for people: {@code 4.2 % of the depth}. */
    public String describe(double scatter) {
        return this == RELATIVE ? String.format(Locale.ROOT, "%.2g %% %s", 100 * scatter, words)
                : String.format(Locale.ROOT, "%.3g %s", scatter, words);
    }

    /** What a scatter is measured in; empty for a share. */
    public String unit() {
        return unit.strip();
    }

    /** @throws FathomException if there is none of that name */
    public static PointErrors named(String key) {
        return Arrays.stream(values()).filter(e -> e.key().equals(key)).findFirst().orElseThrow(() ->
                new FathomException("There are no errors '" + key + "'; choose one of "
                        + Arrays.stream(values()).map(PointErrors::key).collect(Collectors.joining(", ")) + "."));
    }
}
