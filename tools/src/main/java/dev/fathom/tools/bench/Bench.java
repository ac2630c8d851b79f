package dev.fathom.tools.bench;

import dev.fathom.tools.cli.Machine;
import dev.fathom.tools.cli.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The benchmark that {@code tools/fathom bench} runs: parts, and before and after each how fast the machine is just
 * then. Machines that are shared change their speed within minutes; a part is compared with the mean of the two, and a
 * large change is said.
 */
public final class Bench {
    /** A rate that changes by more than this share during a part is worth a line. */
    private static final double DRIFT = 0.10;

    private final BenchPlan plan;
    private final Machine machine = Machine.look();
    private MachineRates rates;
    private final List<Map<String, Object>> parts = new ArrayList<>();

    public Bench(BenchPlan plan) {
        this.plan = plan;
        this.rates = MachineRates.measure(plan.runs());
    }

    /** Two lines about the machine. */
    public String machine() {
        return machine.processor() + ", " + machine.vectors() + ", " + machine.threads() + " threads, Java "
                + machine.java() + "\n" + rates;
    }

    /** Runs one part; returns its report. */
    private String run(Part part) {
        MachineRates before = rates;
        Part.Found found = part.measure();
        rates = before.again(plan.runs());
        double drift = before.drift(rates);
        MachineRates mean = before.mean(rates);
        Map<String, Object> json = new LinkedHashMap<>(found.json(mean));
        json.put("machine_rates", mean.json());
        json.put("machine_drift", drift);
        parts.add(json);
        String text = found.text(mean);
        return drift <= DRIFT ? text : text + String.format(Locale.ROOT, "The machine's own speed changed by %.0f %%"
                + " meanwhile: before, %s; after, %s.%n", 100 * drift, before, rates);
    }

    /** Runs the parts that were asked for; {@code ended} gets each one's report as soon as it is there. */
    public void run(Consumer<String> ended) {
        List<Part> all = plan.parts();
        try (Progress progress = Progress.start("Timing", all.size(), "parts")) {
            for (Part part : all) {
                progress.note(part.title());
                ended.accept(run(part));
                progress.step();
            }
        }
    }

    /** Everything so far. */
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", machine.facts());
        json.put("parts", parts);
        return json;
    }
}
