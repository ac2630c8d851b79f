package dev.fathom.tools.gpu;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.tools.bench.DeviceBench;
import dev.fathom.tools.bench.DeviceBench.Timing;
import dev.fathom.tools.bench.DeviceRates;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** How fast the model is, beside PyTorch's numbers where a file has them. */
public final class BenchPart implements CheckPart {
    private final BenchPlan plan;
    private final Map<String, Double> peer;

    /** @param peer milliseconds by name, as {@link PeerTimes} reads them; may be empty */
    public BenchPart(BenchPlan plan, Map<String, Double> peer) {
        this.plan = plan;
        this.peer = peer;
    }

    @Override
    public String title() {
        return "Speed";
    }

    @Override
    public Outcome run(Device device, Consumer<String> says) {
        List<String> lines = new ArrayList<>();
        lines.add("Ceilings measured here: " + DeviceRates.measure(device, plan.ratesSide()) + ".");
        lines.add("");
        lines.add(plan.name() + " at " + plan.side() + " x " + plan.side() + ", random weights; milliseconds by the"
            + " clock on the wall, the device waited for after each run. MiB: tensors on the device at most.");
        lines.add("");
        lines.add("| what | median | least | most | runs | MiB | PyTorch | ratio | its MiB |");
        lines.add("|---|---|---|---|---|---|---|---|---|");
        DeviceBench bench = new DeviceBench(device, plan.model(), plan.side(), plan.runs());
        int failed = 0;
        for (int batch : plan.forwardBatches()) {
            for (Precision precision : plan.precisions()) {
                failed += rows(lines, says, "fwd " + precision + " b" + batch, () -> bench.forward(batch, precision));
            }
        }
        for (Precision precision : plan.precisions()) {
            failed += rows(lines, says, "step " + precision + " b" + plan.trainBatch(),
                () -> List.of(bench.step(plan.trainBatch(), precision)));
        }
        operations(lines, bench, 1, Precision.FP16, false);
        operations(lines, bench, plan.trainBatch(), Precision.FP16, true);
        if (!peer.isEmpty()) {
            lines.add("");
            lines.add("All that PyTorch measured (milliseconds; peak in MiB):");
            lines.add("");
            peer.forEach((name, value) -> lines.add(String.format(Locale.ROOT, "- %s: %.2f", name, value)));
        }
        return new Outcome(lines, 0, failed, 0);
    }

    /** One that cannot run (out of memory, say) is a line, and the rest goes on. */
    private int rows(List<String> lines, Consumer<String> says, String what, Supplier<List<Timing>> work) {
        try {
            for (Timing t : work.get()) {
                lines.add(row(t));
                says.accept(String.format(Locale.ROOT, "  %-20s %9.2f ms", t.name(), t.median()));
            }
            return 0;
        } catch (RuntimeException e) {
            lines.add("| " + what + " | FAILED: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                + " | | | | | | | |");
            says.accept("  " + what + " FAILED: " + e.getMessage());
            return 1;
        }
    }

    private String row(Timing t) {
        Double other = peer.get(t.name());
        Double memory = peer.get(t.name() + " peak MiB");
        return String.format(Locale.ROOT, "| %s | %.2f | %.2f | %.2f | %d | %d | %s | %s | %s |", t.name(), t.median(),
            t.least(), t.most(), t.runs(), t.peakBytes() >> 20, number(other), number(other == null ? null
                : t.median() / other), memory == null ? "" : String.valueOf(memory.longValue()));
    }

    private static String number(Double value) {
        return value == null ? "" : String.format(Locale.ROOT, "%.2f", value);
    }

    private static void operations(List<String> lines, DeviceBench bench, int batch, Precision precision,
                                   boolean training) {
        Map<String, double[]> byName = bench.operations(batch, precision, training);
        double all = byName.values().stream().mapToDouble(r -> r[0]).sum();
        lines.add("");
        lines.add(String.format(Locale.ROOT, "Where the time goes in a %s, %s, batch %d, waiting after each operation"
            + " (%.2f ms in all):", training ? "training step" : "forward pass", precision, batch, all));
        lines.add("");
        lines.add("| operation | calls | ms | share |");
        lines.add("|---|---|---|---|");
        byName.entrySet().stream().limit(16).forEach(e -> lines.add(String.format(Locale.ROOT,
            "| %s | %.0f | %.3f | %.0f %% |",
            e.getKey(), e.getValue()[1], e.getValue()[0], 100 * e.getValue()[0] / all)));
    }
}
