package dev.fathom.tools.bench;

import dev.fathom.models.depthanything.Encoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** The benchmark that {@code tools/fathom bench} runs. */
public final class Bench {
    private final int runs;
    private final MachineRates rates;
    private final Map<String, Object> json = new LinkedHashMap<>();

    /** @param runs timed runs of each part, after as many to warm up; at least 1 */
    public Bench(int runs) {
        this.runs = runs;
        this.rates = MachineRates.measure(runs);
        json.put("product_gflops", rates.gemmGflops());
        json.put("streaming_gigabytes_per_second", rates.streamGigabytes());
    }

    /** One line about the machine. */
    public String machine() {
        return rates.toString();
    }

    /** Forward passes; returns the report. */
    public String forward(Encoder encoder, int side, int batch, IntConsumer done) {
        return report(encoder.id() + " forward, " + batch + " x " + side + " x " + side, "forward",
                new ModelBench(encoder, side, batch).forward(runs, done));
    }

    /** Training steps; returns the report. */
    public String step(Encoder encoder, int side, int batch, IntConsumer done) {
        return report(encoder.id() + " training step, " + batch + " x " + side + " x " + side, "step",
                new ModelBench(encoder, side, batch).step(runs, done));
    }

    private String report(String what, String key, ModelBench.Result result) {
        json.put(key, BenchReport.json(result, rates));
        return BenchReport.text(what, result, rates);
    }

    /** Everything so far. */
    public Map<String, Object> json() {
        return json;
    }
}
