package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.cpu.Lanes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The conformance suite as a program: a JVM has one vector width, so other widths need other JVMs. Prints, for each
 * row, the largest part of its allowance that any trial used and the time it took; exits with 1 if a row failed.
 */
public final class ConformanceMain {
    private ConformanceMain() {
    }

    /**
     * @param args the number of trials a row; then "gradients" for the gradients' rows instead of the kernels', or
     * "halves" for the kernels' rows in 16 bits after those in float32, with a quarter of the trials
     */
    public static void main(String[] args) {
        int trials = Integer.parseInt(args[0]);
        boolean gradients = args.length > 1 && args[1].equals("gradients");
        boolean halves = args.length > 1 && args[1].equals("halves");
        List<OpSpec> all = new ArrayList<>(OpSpecs.rows());
        int wide = all.size();
        if (halves) {
            all.addAll(OpSpecs.rows(DType.F16));
            all.addAll(OpSpecs.rows(DType.BF16));
        }
        int failures = 0;
        int rows = 0;
        for (int i = 0; i < all.size(); i++) {
            OpSpec row = all.get(i);
            if (gradients && !GradientCheck.applies(row.trial().op())) {
                continue;
            }
            rows++;
            long start = System.nanoTime();
            try {
                double worst = Trials.forAll(row, i < wide ? trials : Math.ceilDiv(trials, 4),
                        gradients ? GradientCheck::againstReference : Conformance::check);
                System.out.printf(Locale.ROOT, "%-28s used %.2f of its allowance, %d ms%n", row.name(), worst,
                        (System.nanoTime() - start) / 1_000_000);
            } catch (AssertionError failure) {
                failures++;
                System.out.println(row.name() + " FAILED: " + failure.getMessage());
            }
        }
        System.out.println(Lanes.describe() + ": " + rows + " rows, " + failures + " failed");
        System.exit(failures == 0 ? 0 : 1);
    }
}
