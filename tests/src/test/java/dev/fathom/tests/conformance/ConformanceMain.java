package dev.fathom.tests.conformance;

import dev.fathom.engine.cpu.Lanes;

/**
 * The conformance suite as a program: a JVM has one vector width, so other widths need other JVMs. Prints what failed and exits with 1, or
 * prints one line and exits with 0.
 */
public final class ConformanceMain {
    private ConformanceMain() {
    }

    /** @param args the number of trials a row */
    public static void main(String[] args) {
        int trials = Integer.parseInt(args[0]);
        int failures = 0;
        int rows = 0;
        for (OpSpec row : OpSpecs.rows()) {
            rows++;
            try {
                Trials.forAll(row, trials, Conformance::check);
            } catch (AssertionError failure) {
                failures++;
                System.out.println(row.name() + ": " + failure.getMessage());
            }
        }
        System.out.println(Lanes.describe() + ": " + rows + " rows, " + failures + " failed");
        System.exit(failures == 0 ? 0 : 1);
    }
}
