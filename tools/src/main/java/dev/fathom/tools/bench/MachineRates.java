package dev.fathom.tools.bench;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cpu.FmaRate;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.MatMul;
import dev.fathom.engine.ops.OpCost;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What this machine can do, measured in the process whose speed is compared with it: the ceilings of everything else.
 * Each is a lower quartile of the time, see {@link #most}.
 *
 * @param fmaFlops a second, of multiply-adds between registers
 * @param productFlops a second, 2 n³ of a float32 product with n = 1536
 * @param copies bytes a second
 */
record MachineRates(double fmaFlops, double productFlops, CopyRates copies) {
    private static final int SIDE = 1536;
    private static final int FMA_ROUNDS = 100_000;

    /** @param runs samples of each rate */
    static MachineRates measure(int runs) {
        // The loop of multiply-adds last: then the compiler is done with what the others need.
        double product = product(runs);
        CopyRates copies = CopyRates.measure(runs);
        return new MachineRates(fma(runs), product, copies);
    }

    /** The rates once more; of the copies the largest, and the others in proportion. */
    MachineRates again(int runs) {
        double factor = copies.again(runs) / copies.memory();
        double[] scaled = copies.perSecond().clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= factor;
        }
        return new MachineRates(fma(runs), product(runs), new CopyRates(copies.bytes(), scaled));
    }

    /** The mean of two measurements: what a part between them is compared with. */
    MachineRates mean(MachineRates other) {
        double[] rates = new double[copies.perSecond().length];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = (copies.perSecond()[i] + other.copies.perSecond()[i]) / 2;
        }
        return new MachineRates((fmaFlops + other.fmaFlops) / 2, (productFlops + other.productFlops) / 2,
                new CopyRates(copies.bytes(), rates));
    }

    /** The largest change of a rate to a later measurement: 0.1 where something became 10 % faster or slower. */
    double drift(MachineRates later) {
        return Math.max(change(fmaFlops, later.fmaFlops), Math.max(change(productFlops, later.productFlops),
                change(copies.memory(), later.copies.memory())));
    }

    private static double change(double before, double after) {
        return Math.max(before, after) / Math.min(before, after) - 1;
    }

    private static double fma(int runs) {
        WorkPool pool = WorkPool.shared();
        int tasks = 4 * pool.threads();
        return FmaRate.flops(tasks, FMA_ROUNDS) / most(runs, 0.4, () -> FmaRate.run(pool, tasks, FMA_ROUNDS));
    }

    private static double product(int runs) {
        try (MemoryScope scope = MemoryScope.open("machine")) {
            float[] values = new float[SIDE * SIDE];
            for (int i = 0; i < values.length; i++) {
                values[i] = (i % 97 - 48) / 48f;
            }
            Tensor a = Tensors.of(values, SIDE, SIDE);
            Tensor b = Tensors.of(values, SIDE, SIDE);
            return 2.0 * SIDE * SIDE * SIDE / most(runs, 0.7, () -> MatMul.of(a, b));
        }
    }

    /**
     * Seconds of work that is a ceiling for other work: the lower quartile of twice as many runs, for a ceiling is what
     * the machine can do, not what it does while others use it too.
     */
    static double most(int runs, double warmUp, Runnable work) {
        return Samples.of(2 * runs, 3, warmUp, work).quantile(0.25);
    }

    /** What limits an operation of this cost, and how many seconds it needs at least. */
    Limit limit(OpCost cost) {
        double arithmetic = cost.flops() / productFlops;
        double traffic = cost.bytes() / copies.at(cost.bytes());
        return arithmetic >= traffic ? new Limit("FLOP", arithmetic) : new Limit("bytes", traffic);
    }

    /** One line for people. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "multiply-adds %.0f GFLOP/s, product %.0f GFLOP/s, copies %.1f GB/s from"
                + " memory, %.0f GB/s of 1 MiB", fmaFlops * 1e-9, productFlops * 1e-9, copies.memory() * 1e-9,
                copies.at(1 << 20) * 1e-9);
    }

    Map<String, Object> json() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("fma_flops_per_second", fmaFlops);
        map.put("product_flops_per_second", productFlops);
        map.put("copy_bytes_per_second", copies.memory());
        map.put("copy_bytes_per_second_by_bytes", copies.json());
        return map;
    }

    /**
     * The least time that an operation can take here.
     *
     * @param by what: {@code FLOP} or {@code bytes}
     * @param seconds how long
     */
    record Limit(String by, double seconds) {
    }
}
