package dev.fathom.engine.cuda.emulated.check;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import java.util.List;

/**
 * What the launches of one kernel brought.
 *
 * @param kernel    its name
 * @param arguments what each parameter was given
 * @param launches  how many there were
 * @param findings  the faults, each kind and place once
 */
public record CheckResult(String kernel, List<String> arguments, int launches, List<Finding> findings) {
    /**
     * A fault.
     *
     * @param kind   null if two runs of one launch gave different results
     * @param report the paragraph of the smallest launch that had it
     * @param launch that launch: its number, sizes, grid and block
     * @param times  in how many launches it was seen
     */
    public record Finding(FaultKind kind, String report, String launch, int times) {
    }

    /** True if nothing was wrong. */
    public boolean passed() {
        return findings.isEmpty();
    }
}
