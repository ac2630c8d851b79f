package dev.fathom.tools.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A benchmark as text and as JSON. */
final class BenchReport {
    /** Operations below this share of the time are summed up. */
    private static final double SHOWN_SHARE = 0.005;

    private BenchReport() {
    }

    static String text(String what, ModelBench.Result result, MachineRates rates) {
        StringBuilder s = new StringBuilder();
        double rate = result.flops() / result.median() * 1e-9;
        s.append(String.format(Locale.ROOT,
                "%s: median %.3f s (best %.3f, worst %.3f of %d), %.0f GFLOP, %.0f GFLOP/s, %.0f %% of the product "
                + "rate, "
                + "peak %,d MiB of tensors%n", what, result.median(), result.seconds()[0],
                result.seconds()[result.seconds().length - 1],
                result.seconds().length, result.flops() * 1e-9, rate, 100 * rate / rates.gemmGflops(),
                result.peakBytes() >> 20));
        s.append(String.format(Locale.ROOT, "  %-26s %6s %9s %6s %9s %9s  %s%n", "operation", "calls", "ms", "share",
                "GFLOP/s", "GB/s", "of its limit"));
        double total = result.ops().stream().mapToDouble(ModelBench.OpTime::seconds).sum();
        double rest = 0;
        for (ModelBench.OpTime op : result.ops()) {
            if (op.seconds() < SHOWN_SHARE * total) {
                rest += op.seconds();
                continue;
            }
            s.append(String.format(Locale.ROOT, "  %-26s %6d %9.2f %5.1f%% %9s %9.1f  %s%n", op.name(), op.calls(),
                    1e3 * op.seconds(),
                    100 * op.seconds() / total, op.flops() == 0 ? "-" : String.format(Locale.ROOT, "%.0f",
                    op.flops() / op.seconds() * 1e-9),
                    op.bytes() / op.seconds() * 1e-9, limit(op, rates)));
        }
        s.append(String.format(Locale.ROOT, "  %-26s %6s %9.2f %5.1f%%%n", "(the others)", "", 1e3 * rest,
                100 * rest / total));
        return s.toString();
    }

    /** Products against the product rate, everything else against streaming. */
    private static String limit(ModelBench.OpTime op, MachineRates rates) {
        if (op.flops() > 0) {
            return String.format(Locale.ROOT, "%.0f %% of products",
                    100 * op.flops() / op.seconds() * 1e-9 / rates.gemmGflops());
        }
        return String.format(Locale.ROOT, "%.0f %% of streaming",
                100 * op.bytes() / op.seconds() * 1e-9 / rates.streamGigabytes());
    }

    static Map<String, Object> json(ModelBench.Result result, MachineRates rates) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("median_seconds", result.median());
        map.put("seconds", result.seconds());
        map.put("gflop", result.flops() * 1e-9);
        map.put("gflops_per_second", result.flops() / result.median() * 1e-9);
        map.put("share_of_product_rate", result.flops() / result.median() * 1e-9 / rates.gemmGflops());
        map.put("peak_tensor_bytes", result.peakBytes());
        List<Map<String, Object>> ops = new ArrayList<>();
        for (ModelBench.OpTime op : result.ops()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", op.name());
            row.put("calls", op.calls());
            row.put("seconds", op.seconds());
            row.put("flop", op.flops());
            row.put("bytes", op.bytes());
            ops.add(row);
        }
        map.put("operations", ops);
        return map;
    }
}
