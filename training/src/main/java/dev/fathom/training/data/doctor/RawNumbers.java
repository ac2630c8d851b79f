package dev.fathom.training.data.doctor;

import java.util.Optional;

/**
 * What the numbers in a depth file were before the data set made metres of them, where metres still show it: every
 * depth is then a whole number of one unit, and none is above 16 bits.
 *
 * @param perMetre how many of them the data set takes for a metre: 1, 100, 256, 1000, 5000 or 10000
 * @param values [H,W], 0 for a hole
 */
record RawNumbers(int perMetre, char[] values) {
    /** Coarse ones first: what is whole in one unit is so in its fractions. */
    private static final int[] UNITS = {1, 100, 256, 1000, 5000, 10_000};
    private static final int FEWEST = 100;

    /** Empty where depths are in no such steps. */
    static Optional<RawNumbers> of(float[] depth) {
        for (int unit : UNITS) {
            char[] values = whole(depth, unit);
            if (values != null) {
                return Optional.of(new RawNumbers(unit, values));
            }
        }
        return Optional.empty();
    }

    private static char[] whole(float[] depth, int unit) {
        char[] values = new char[depth.length];
        int found = 0;
        for (int i = 0; i < depth.length; i++) {
            double value = (double) depth[i] * unit;
            long near = Math.round(value);
            // Metres are float32: 24 bits, of which 16 are the number's; the rest is room for one rounding each way.
            if (near > Character.MAX_VALUE || Math.abs(value - near) > 1e-6 * value) {
                return null;
            }
            values[i] = (char) near;
            found += near > 0 ? 1 : 0;
        }
        return found < FEWEST ? null : values;
    }
}
