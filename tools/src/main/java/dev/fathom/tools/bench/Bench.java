package dev.fathom.tools.bench;

import dev.fathom.engine.Precision;
import dev.fathom.models.depthanything.Encoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** The benchmark that {@code tools/fathom bench} runs. */
public final class Bench {
    private final int runs;
    private final Precision precision;
    private final MachineRates rates;
    private final Map<String, Object> json = new LinkedHashMap<>();

    /**
     * @param runs timed runs of each part, after as many to warm up; at least 1
     * @param precision what products are computed in
     */
    public Bench(int runs, Precision precision) {
        this.runs = runs;
        this.precision = precision;
        this.rates = MachineRates.measure(runs);
        json.put("precision", precision.toString());
        json.put("product_gflops", rates.gemmGflops());
        json.put("streaming_gigabytes_per_second", rates.streamGigabytes());
    }

    /** One line about the machine. */
    public String machine() {
        return rates.toString();
    }

    /** Forward passes; returns the report. */
    public String forward(Encoder encoder, int side, int batch, IntConsumer done) {
        return report(encoder.id() + " forward, " + batch + " x " + side + " x " + side + ", " + precision, "forward",
                new ModelBench(encoder, side, batch, precision).forward(runs, done));
    }

    /** Training steps; returns the report. */
    public String step(Encoder encoder, int side, int batch, IntConsumer done) {
        return report(encoder.id() + " training step, " + batch + " x " + side + " x " + side + ", " + precision,
                "step",
                new ModelBench(encoder, side, batch, precision).step(runs, done));
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
