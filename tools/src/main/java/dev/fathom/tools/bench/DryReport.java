package dev.fathom.tools.bench;

import dev.fathom.engine.ops.OpCost;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was counted, as text and as JSON. */
public final class DryReport {
    private static final String ROW = "  %-26s %6s %9s %10s %10s %9s %7s%n";

    private final Ceilings ceilings;
    private final Map<String, Object> json = new LinkedHashMap<>();

    public DryReport(Ceilings ceilings) {
        this.ceilings = ceilings;
        json.put("ceilings", Map.of("bytes_per_second", ceilings.bytesPerSecond(), "half_flops_per_second",
                ceilings.halfFlopsPerSecond(), "float_flops_per_second", ceilings.floatFlopsPerSecond()));
    }

    /** Counts forward passes; returns the report. */
    public String forward(String what, DryRun run) {
        return report("forward", what, run.forward());
    }

    /** Counts training steps; returns the report. */
    public String step(String what, DryRun run) {
        return report("step", what, run.step());
    }

    private String report(String key, String what, DryRun.Result result) {
        json.put(key, json(result));
        return text(what, result);
    }

    /** Everything so far. */
    public Map<String, Object> json() {
        return json;
    }

    private String text(String what, DryRun.Result result) {
        DryCount.Kind total = result.count().total();
        StringBuilder s = new StringBuilder();
        s.append(String.format(Locale.ROOT, "%s:%n", what));
        s.append(String.format(Locale.ROOT, "  %,d launches by %,d operations; %,.1f GFLOP of products%n",
                total.launches(), total.calls(), total.cost().flops() * 1e-9));
        s.append(String.format(Locale.ROOT, "  %,.1f MB moved, at least %,.1f MB (each tensor written once, read once):"
                + " %.2f times%n", total.cost().bytes() * 1e-6, result.count().leastBytes() * 1e-6, ratio(result)));
        s.append(String.format(Locale.ROOT, "  %.3f ms at %.1f TB/s and %.0f TFLOP/s (float32 %.0f); at most %,d MiB of"
                + " tensors%n%n", 1e3 * total.seconds(), ceilings.bytesPerSecond() * 1e-12,
                ceilings.halfFlopsPerSecond() * 1e-12, ceilings.floatFlopsPerSecond() * 1e-12,
                result.peakBytes() >> 20));
        s.append(String.format(Locale.ROOT, ROW, "operation", "calls", "launches", "GFLOP", "MB", "us", "share"));
        List<DryCount.Kind> kinds = new ArrayList<>(result.count().kinds());
        kinds.sort(Comparator.comparingDouble(DryCount.Kind::seconds).reversed());
        for (DryCount.Kind kind : kinds) {
            s.append(row(kind, total.seconds()));
        }
        s.append(row(total, total.seconds()));
        result.moved().forEach((kind, bytes) -> s.append(String.format(Locale.ROOT, ROW, "(" + kind + ")",
                result.kernels().get(kind), "", "", number(bytes * 1e-6, 2), "", "")));
        s.append(String.format(Locale.ROOT, "%n  %-34s %9s%n", "kernel", "launches"));
        result.kernels().entrySet().stream().filter(e -> !result.moved().containsKey(e.getKey()))
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed()).forEach(e ->
                        s.append(String.format(Locale.ROOT, "  %-34s %9d%n", e.getKey(), e.getValue())));
        return s.toString();
    }

    private static String row(DryCount.Kind kind, double all) {
        OpCost cost = kind.cost();
        return String.format(Locale.ROOT, ROW, kind.name(), kind.calls(), kind.launches(),
                cost.flops() == 0 ? "-" : number(cost.flops() * 1e-9, 2), number(cost.bytes() * 1e-6, 2),
                number(1e6 * kind.seconds(), 1), number(100 * kind.seconds() / all, 1) + "%");
    }

    private static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    private static double ratio(DryRun.Result result) {
        return (double) result.count().total().cost().bytes() / result.count().leastBytes();
    }

    private static Map<String, Object> json(DryRun.Result result) {
        Map<String, Object> map = json(result.count().total());
        map.put("least_bytes", result.count().leastBytes());
        map.put("bytes_ratio", ratio(result));
        map.put("peak_bytes", result.peakBytes());
        map.put("operations", result.count().kinds().stream().map(DryReport::json).toList());
        map.put("kernels", result.kernels());
        map.put("copied_bytes", result.moved());
        return map;
    }

    private static Map<String, Object> json(DryCount.Kind kind) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", kind.name());
        map.put("calls", kind.calls());
        map.put("launches", kind.launches());
        map.put("flops", kind.cost().flops());
        map.put("bytes", kind.cost().bytes());
        map.put("seconds", kind.seconds());
        return map;
    }
}
