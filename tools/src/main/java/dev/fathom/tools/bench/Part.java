package dev.fathom.tools.bench;

import java.util.Map;

/** One measurement of the benchmark. */
interface Part {
    /** What it is, in a few words: also its progress bar's name. */
    String title();

    /** Measures. What comes of it is told when it is known how fast the machine was before and after. */
    Found measure();

    /** What was measured. */
    interface Found {
        /** For people, several lines. */
        String text(MachineRates rates);

        /** The same and more. */
        Map<String, Object> json(MachineRates rates);
    }
}
