package dev.fathom.tools.gpu;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.selftest.SelfTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** The self-test that {@code fathom doctor} runs: every kernel once or twice. */
public final class SelfTestPart implements CheckPart {
    @Override
    public String title() {
        return "Self-test of the kernels";
    }

    @Override
    public Outcome run(Device device, Consumer<String> says) {
        List<SelfTest.Result> results = SelfTest.run(device, r -> {
            if (!r.passed()) {
                says.accept("  FAILED " + r.name() + ": " + r.failure());
            }
        });
        List<SelfTest.Result> failed = results.stream().filter(r -> !r.passed()).toList();
        List<String> lines = new ArrayList<>();
        lines.add((results.size() - failed.size()) + " of " + results.size() + " operations and dtypes agree with their"
            + " float64 specification" + results.stream().filter(SelfTest.Result::passed)
                .max((a, b) -> Double.compare(a.used(), b.used())).map(r -> String.format(Locale.ROOT,
                    "; the largest part of an allowance that was used is %.2f, by %s.", r.used(), r.name()))
                    .orElse("."));
        failed.forEach(r -> lines.add("- FAILED " + r.name() + ": " + r.failure()));
        return new Outcome(lines, results.size() - failed.size(), failed.size(), 0);
    }
}
