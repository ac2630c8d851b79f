package dev.fathom.training.options;

import dev.fathom.engine.errors.FathomException;

/** Refuses an option's value in one sentence, by the name that it has on the command line. */
final class Check {
    private Check() {
    }

    static void that(boolean ok, String name, Object value, String expected) {
        if (!ok) {
            throw new FathomException(name + " is " + value + ", but must be " + expected + ".");
        }
    }

    /** A finite number, 0 or more. */
    static boolean isAmount(double value) {
        return value >= 0 && value < Double.POSITIVE_INFINITY;
    }
}
